// What a search goes over.
#ifndef DERRD_SERVE_PRECISION_H_
#define DERRD_SERVE_PRECISION_H_

#include <string_view>

namespace derrd {

// The answers are the same to the last bit: with kInt8 a table of a quarter of the bytes finds
// every item that could be among the best, and the float32 rows decide.
enum class Precision { kFloat32, kInt8 };

constexpr std::string_view Name(Precision precision) {
  return precision == Precision::kFloat32 ? "float32" : "int8";
}

}  // namespace derrd

#endif  // DERRD_SERVE_PRECISION_H_
