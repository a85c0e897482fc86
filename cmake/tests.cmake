# One test program a room, built from the room's *_test.cc; CTest runs each test case on its own.
find_package(GTest REQUIRED)
include(GoogleTest)

foreach(room IN LISTS DERRD_ROOMS ITEMS cli)
  file(GLOB room_tests CONFIGURE_DEPENDS derrd/${room}/*_test.cc)
  if(room_tests)
    add_executable(${room}_test ${room_tests})
    target_link_libraries(${room}_test PRIVATE
      derrd_options derrd::derrd GTest::gtest GTest::gmock GTest::gtest_main)
    if(room STREQUAL cli)
      target_link_libraries(${room}_test PRIVATE derrd_cli)
    endif()
    target_compile_definitions(${room}_test PRIVATE
      DERRD_TESTDATA="${PROJECT_SOURCE_DIR}/derrd/${room}/testdata")
    set_target_properties(${room}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    gtest_discover_tests(${room}_test TEST_PREFIX ${room}. DISCOVERY_TIMEOUT 60)
  endif()
endforeach()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME layers COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/scripts/check_layers.py)
