# Does this compiler destroy temporaries twice in expressions that hold a co_await? g++ 12.2 does.
# Sets BROOD_COROUTINES_MISCOMPILED and says once, at configure time, what that means for users.

if(NOT DEFINED BROOD_COROUTINES_MISCOMPILED)
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    set(brood_probe_answer OFF)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      set(brood_probe_answer ON)
    endif()
  else()
    try_run(
      brood_probe_exit brood_probe_compiled "${PROJECT_BINARY_DIR}/coroutine_probe"
      "${CMAKE_CURRENT_LIST_DIR}/coroutine_probe.cpp"
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
      COMPILE_OUTPUT_VARIABLE brood_probe_output)
    if(NOT brood_probe_compiled)
      message(FATAL_ERROR "brood needs C++20 coroutines, and this compiler has none:\n${brood_probe_output}")
    endif()
    if(brood_probe_exit EQUAL 0)
      set(brood_probe_answer OFF)
    else()
      set(brood_probe_answer ON)
    endif()
    unset(brood_probe_exit CACHE)
    unset(brood_probe_compiled CACHE)
  endif()
  set(BROOD_COROUTINES_MISCOMPILED ${brood_probe_answer}
      CACHE INTERNAL "The compiler destroys temporaries twice in expressions that hold a co_await")
  if(BROOD_COROUTINES_MISCOMPILED)
    message(STATUS "Coroutines: this compiler destroys temporaries beside a co_await twice; keep option structs and "
                   "capturing lambdas out of co_await expressions (name them first)")
  else()
    message(STATUS "Coroutines: compiled correctly")
  endif()
endif()
