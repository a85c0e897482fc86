# fuzz_request: what reads requests, alone and instrumented. It needs clang (Debian's package of that name):
#   cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DDERRD_FUZZ=ON -DDERRD_BUILD_TESTS=OFF
#   cmake --build build/fuzz --target fuzz_request
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "DERRD_FUZZ: libFuzzer comes with clang; set CMAKE_CXX_COMPILER to clang++")
endif()
set(fuzzed serve/http_message serve/http_parser serve/json_text serve/recommend_request serve/bearer_token
           serve/target core/error core/file core/nearest data/utf8)
list(TRANSFORM fuzzed PREPEND derrd/)
list(TRANSFORM fuzzed APPEND .cc)
add_executable(fuzz_request derrd/serve/fuzz_request.cc ${fuzzed})
target_include_directories(fuzz_request PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_options(fuzz_request PRIVATE -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
target_link_options(fuzz_request PRIVATE -fsanitize=fuzzer,address,undefined)
target_link_libraries(fuzz_request PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
