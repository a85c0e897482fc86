# `cmake --install` puts the program, the library, its headers and what find_package(derrd) reads.
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/derrd)

install(TARGETS derrd_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS derrd_library EXPORT derrd-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(room IN LISTS DERRD_ROOMS)
  install(DIRECTORY derrd/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/derrd
          FILES_MATCHING PATTERN "*.h" PATTERN "testdata" EXCLUDE PATTERN "page" EXCLUDE
          PATTERN "*-inl.h" EXCLUDE PATTERN "test_*.h" EXCLUDE)
endforeach()

install(EXPORT derrd-targets NAMESPACE derrd:: DESTINATION ${config_dir})
configure_package_config_file(cmake/derrd-config.cmake.in ${PROJECT_BINARY_DIR}/derrd-config.cmake
                              INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/derrd-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/derrd-config.cmake
              ${PROJECT_BINARY_DIR}/derrd-config-version.cmake cmake/dependencies.cmake
        DESTINATION ${config_dir})
