# What the library and its users need. Also read by derrd-config.cmake of an installation, so that
# both find the same things in the same way.
include(CMakeFindDependencyMacro)
foreach(package TBB fmt nlohmann_json ZLIB zstd hwy Threads Boost OpenSSL)
  if(DERRD_CONSUMED)
    find_dependency(${package})
  else()
    find_package(${package} REQUIRED)
  endif()
endforeach()

# A header of the library includes Random123, which is headers alone.
if(NOT TARGET Random123::Random123)
  find_path(DERRD_RANDOM123_INCLUDE Random123/philox.h REQUIRED)
  add_library(Random123::Random123 INTERFACE IMPORTED)
  set_target_properties(Random123::Random123 PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${DERRD_RANDOM123_INCLUDE})
endif()

# OpenBLAS's build with locks: Debian's serial build lets two threads that call it at once have the same
# work buffer. Each call still runs on the calling thread alone (kernels/gemm.cc sees to it). It is
# named by its full path because the alternatives system may point "openblas" at another build.
if(NOT TARGET OpenBLAS::pthread)
  find_path(DERRD_OPENBLAS_INCLUDE cblas.h REQUIRED
    PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread NO_DEFAULT_PATH)
  find_library(DERRD_OPENBLAS_LIBRARY openblas REQUIRED
    PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread NO_DEFAULT_PATH)
  add_library(OpenBLAS::pthread UNKNOWN IMPORTED)
  set_target_properties(OpenBLAS::pthread PROPERTIES
    IMPORTED_LOCATION ${DERRD_OPENBLAS_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${DERRD_OPENBLAS_INCLUDE})
endif()

# Only building this project needs these.
if(NOT DERRD_CONSUMED)
  find_path(DERRD_HNSWLIB_INCLUDE hnswlib/hnswlib.h REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(tomlplusplus REQUIRED)
endif()
