# One program of all micro benchmarks, bench/micro/*_bench.cc. CTest runs none of them.
find_package(benchmark REQUIRED)

file(GLOB benchmark_sources CONFIGURE_DEPENDS bench/micro/*_bench.cc)
add_executable(micro_bench ${benchmark_sources})
target_link_libraries(micro_bench PRIVATE
  derrd_options derrd::derrd benchmark::benchmark benchmark::benchmark_main)
set_target_properties(micro_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
