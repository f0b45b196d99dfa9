# Headers, libraries, brood-config.cmake, brood.pc and (with http) brood-http.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(brood_targets brood)
if(TARGET brood_http)
  list(APPEND brood_targets brood_http)
endif()
target_include_directories(brood INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

install(TARGETS ${brood_targets} EXPORT brood-targets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")

set(brood_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/brood")
install(EXPORT brood-targets NAMESPACE brood:: DESTINATION "${brood_cmake_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/brood-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/brood-config.cmake" INSTALL_DESTINATION "${brood_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/brood-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/brood-config.cmake" "${PROJECT_BINARY_DIR}/brood-config-version.cmake"
        DESTINATION "${brood_cmake_dir}")

# A Boost outside of the compiler's own folders has to be named in the .pc file.
set(brood_pc_cflags)
set(brood_pc_libs "-lboost_json -pthread")
foreach(folder IN LISTS Boost_INCLUDE_DIRS)
  if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(APPEND brood_pc_cflags " -I${folder}")
  endif()
endforeach()
foreach(folder IN LISTS Boost_LIBRARY_DIRS)
  if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
    string(PREPEND brood_pc_libs "-L${folder} ")
  endif()
endforeach()
if(BROOD_SEPARATE_ASIO)
  string(APPEND brood_pc_cflags " -DBOOST_ASIO_SEPARATE_COMPILATION")
endif()
# The prefix is found from where brood.pc lies, so that an installed tree may be moved; GNUInstallDirs allows
# absolute folders too, which stay as they are.
set(brood_pc_prefix "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH brood_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  set(brood_pc_prefix "\${pcfiledir}/${brood_pc_up}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE brood_pc_libdir)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE brood_pc_includedir)
configure_file("${PROJECT_SOURCE_DIR}/cmake/brood.pc.in" "${PROJECT_BINARY_DIR}/brood.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/brood.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(TARGET brood_http)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/brood-http.pc.in" "${PROJECT_BINARY_DIR}/brood-http.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/brood-http.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
