# The functions behind tests/CMakeLists.txt.
include(GoogleTest)

set(BROOD_ACTORS_DIR "${PROJECT_BINARY_DIR}/tests/actors")
set(BROOD_EXAMPLES_DIR "${PROJECT_BINARY_DIR}/examples")
set(BROOD_TEST_TIMEOUT 60)

function(brood_test_options target)
  brood_warnings(${target})
  if(BROOD_SANITIZE)
    # Optimising sanitized gtest code takes twice the time of all the rest and finds nothing more.
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# What all tests share: helpers in support/, the folders of actors and examples, precompiled headers.
function(brood_test_support)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/support/*.cpp")
  add_library(test_support STATIC ${sources} "${PROJECT_SOURCE_DIR}/cmake/empty.cpp")
  target_include_directories(test_support PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_definitions(
    test_support PUBLIC BROOD_ACTORS_DIR="${BROOD_ACTORS_DIR}" BROOD_EXAMPLES_DIR="${BROOD_EXAMPLES_DIR}"
                        BROOD_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${BROOD_SANITIZED_DEFINITION})
  target_link_libraries(test_support PUBLIC brood::brood $<TARGET_NAME_IF_EXISTS:brood::http> GTest::gtest GTest::gmock
                                            GTest::gtest_main)
  brood_test_options(test_support)
  if(BROOD_PCH)
    target_precompile_headers(test_support PRIVATE <gtest/gtest.h> <boost/asio/any_completion_handler.hpp>
                              <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
                              <boost/asio/steady_timer.hpp> <boost/json/value.hpp>)
  endif()
endfunction()

# brood_gtest(<target> <folder> [PRIVATE_HEADERS] [ON_A_STRAND] [TIMEOUT <s>]): one executable of all *_test.cpp below
# the folder. ON_A_STRAND: its tests run a second time, on a strand of an io_context with four threads, and a third time,
# on a strand of a thread_pool.
function(brood_gtest target folder)
  cmake_parse_arguments(arg "PRIVATE_HEADERS;ON_A_STRAND" "TIMEOUT" "" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT ${BROOD_TEST_TIMEOUT})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE test_support)
  if(arg_PRIVATE_HEADERS)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  endif()
  if(BROOD_PCH)
    target_precompile_headers(${target} REUSE_FROM test_support)
  endif()
  brood_test_options(${target})
  foreach(needed IN ITEMS actors examples)
    if(TARGET ${needed})
      add_dependencies(${target} ${needed})
    endif()
  endforeach()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${folder})
  if(arg_ON_A_STRAND)
    foreach(place IN ITEMS strand pool)
      gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                           TEST_PREFIX on_a_${place}. TEST_LIST ${target}_on_a_${place}
                           PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${place} ENVIRONMENT BROOD_EXECUTOR=${place})
    endforeach()
  endif()
endfunction()

# Child programs of the tests: one executable a file, scripts copied beside them.
function(brood_actors)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/actors/*.cpp")
  add_custom_target(actors)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    set(target actor_${name})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${BROOD_ACTORS_DIR}")
    target_link_libraries(${target} PRIVATE brood::brood $<TARGET_NAME_IF_EXISTS:brood::http>)
    brood_warnings(${target})
    add_dependencies(actors ${target})
  endforeach()
  file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/actors/*.js"
       "${CMAKE_CURRENT_SOURCE_DIR}/actors/*.mjs" "${CMAKE_CURRENT_SOURCE_DIR}/actors/*.cjs"
       "${CMAKE_CURRENT_SOURCE_DIR}/actors/*.py"
       "${CMAKE_CURRENT_SOURCE_DIR}/actors/*.sh")
  foreach(script IN LISTS scripts)
    cmake_path(GET script FILENAME name)
    configure_file("${script}" "${BROOD_ACTORS_DIR}/${name}" COPYONLY)
  endforeach()
endfunction()

# examples/*.sh drive the example programs. 77 says "skipped".
function(brood_example_tests)
  file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/examples/*.sh")
  foreach(script IN LISTS scripts)
    cmake_path(GET script STEM name)
    add_test(NAME example.${name} COMMAND bash "${script}")
    set_tests_properties(
      example.${name}
      PROPERTIES ENVIRONMENT "BROOD_EXAMPLES_DIR=${BROOD_EXAMPLES_DIR};BROOD_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
                 TIMEOUT ${BROOD_TEST_TIMEOUT} SKIP_RETURN_CODE 77 LABELS examples)
  endforeach()
endfunction()

# brood_must_not_compile(<name> <file> <regex>): the compiler must refuse the file, with an error that matches.
function(brood_must_not_compile name file regex)
  set(includes "$<TARGET_PROPERTY:brood,INTERFACE_INCLUDE_DIRECTORIES>")
  set(definitions "$<TARGET_PROPERTY:brood,INTERFACE_COMPILE_DEFINITIONS>")
  add_test(
    NAME must_not_compile.${name}
    COMMAND ${CMAKE_COMMAND} "-Dcompiler=${CMAKE_CXX_COMPILER}" "-Dfile=${file}" "-Dregex=${regex}"
            "-Dincludes=${includes}" "-Ddefinitions=${definitions}" "-Dsystem=${Boost_INCLUDE_DIRS}"
            -P "${PROJECT_SOURCE_DIR}/cmake/must_not_compile.cmake")
  set_tests_properties(must_not_compile.${name} PROPERTIES TIMEOUT ${BROOD_TEST_TIMEOUT} LABELS compile)
endfunction()

# fuzz/*.cpp: one libFuzzer program a file, fuzz_<name>. Private headers allowed.
function(brood_fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*.cpp")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    set(target fuzz_${name})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzzers" OUTPUT_NAME
                                                                                                        ${name})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(${target} PRIVATE brood::brood $<TARGET_NAME_IF_EXISTS:brood::http>)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    brood_warnings(${target})
  endforeach()
endfunction()
