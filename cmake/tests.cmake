# One test program a room, built from the room's *_test.cc; CTest runs each test case on its own.
find_package(GTest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
include(GoogleTest)

# The library's tests, without the program's: what the sanitizers run by default.
add_custom_target(library_tests)

# How every test is compiled.
function(derrd_test_options target)
  target_link_libraries(${target} PRIVATE
    derrd_options derrd_lightly derrd::derrd GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE
    DERRD_SOURCES="${PROJECT_SOURCE_DIR}/derrd"
    DERRD_PYTHON="${Python3_EXECUTABLE}")
endfunction()

# Owns the headers that all tests share, so that no test waits for another.
if(DERRD_UNITY)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/test_headers.cc CONTENT "")
  add_library(test_headers OBJECT ${PROJECT_BINARY_DIR}/generated/test_headers.cc)
  derrd_test_options(test_headers)
  derrd_unity(test_headers <gtest/gtest.h> <gmock/gmock.h>)
endif()

foreach(room IN LISTS DERRD_ROOMS ITEMS cli)
  file(GLOB room_tests CONFIGURE_DEPENDS derrd/${room}/*_test.cc)
  if(room_tests)
    add_executable(${room}_test ${room_tests})
    derrd_test_options(${room}_test)
    derrd_unity(${room}_test REUSE_FROM test_headers)
    set(label library)
    if(room STREQUAL cli)
      target_link_libraries(${room}_test PRIVATE derrd_cli)
      set(label program)
    else()
      add_dependencies(library_tests ${room}_test)
    endif()
    set_target_properties(${room}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    gtest_discover_tests(${room}_test TEST_PREFIX ${room}. DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS ${label})
  endif()
endforeach()

add_test(NAME layers COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/scripts/check_layers.py)
add_test(NAME make_debian_dataset
  COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/scripts/make_debian_dataset_test.py)

# What is installed is enough to build and run a program against, wherever it is put.
add_test(NAME install_and_embed COMMAND ${CMAKE_COMMAND}
  -DBUILD=${PROJECT_BINARY_DIR} -DEXAMPLE=${PROJECT_SOURCE_DIR}/examples/embed
  -DWORK=${PROJECT_BINARY_DIR}/tests/install -DGENERATOR=${CMAKE_GENERATOR}
  -DCOMPILER=${CMAKE_CXX_COMPILER} -DBUILD_TYPE=${CMAKE_BUILD_TYPE} -DSANITIZE=${DERRD_SANITIZE}
  -P ${PROJECT_SOURCE_DIR}/cmake/test_install.cmake)

# The whole program, a test file a subject.
foreach(subject IN ITEMS program interruption synth bad_input methods import_teacher
    experiment report serving serve serve_operation serve_page export)
  add_test(NAME ${subject} COMMAND Python3::Interpreter
    ${PROJECT_SOURCE_DIR}/derrd/cli/${subject}_test.py $<TARGET_FILE:derrd_program>)
endforeach()
