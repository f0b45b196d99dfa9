# What the options say about the compiler: ccache, sanitizers, coverage, warnings.

if(BROOD_CCACHE)
  find_program(BROOD_CCACHE_PROGRAM ccache)
  if(BROOD_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${BROOD_CCACHE_PROGRAM}")
  endif()
endif()

set(BROOD_SANITIZED_DEFINITION)
if(BROOD_SANITIZE)
  set(BROOD_SANITIZED_DEFINITION BROOD_SANITIZED=1)
  add_compile_options(-fsanitize=${BROOD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BROOD_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND BROOD_SANITIZE MATCHES "undefined")
    # clang 14 puts data for this check in front of a coroutine's ramp and then cannot assemble it.
    add_compile_options(-fno-sanitize=function)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND BROOD_SANITIZE MATCHES "thread")
    # ThreadSanitizer does not see fences, and g++ says so for every one in Asio; it has locks beside them.
    add_compile_options(-Wno-tsan)
  endif()
endif()

if(BROOD_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "BROOD_BUILD_FUZZERS needs clang: libFuzzer is a part of it")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(BROOD_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# Warnings for our own targets; Boost comes in as a system library and is not looked at.
function(brood_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Woverloaded-virtual
                                           -Wcast-qual)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Assigning a literal to a std::string sets it off at -O2 (gcc.gnu.org/PR105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
    # Optimising, it believes that temporaries in a coroutine's frame may be uninitialised when they are destroyed.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(BROOD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(BROOD_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With sanitizers in between, g++ 12 no longer sees that an optional is engaged.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
endfunction()
