#include "derrd/export/faiss_file.h"

#include <cstdint>
#include <string_view>

#include "derrd/export/values.h"

namespace derrd {
namespace {

constexpr std::string_view kFlatInnerProduct = "IxFI";
constexpr std::int64_t kUnused = 1 << 20;  // two fields that Faiss fills with this and skips
constexpr std::uint8_t kTrained = 1;
constexpr std::int32_t kInnerProductMetric = 0;

}  // namespace

void WriteFaissFlat(MatrixView<const float> rows, OutputFile& file) {
  file.Write(kFlatInnerProduct);
  WriteValue(static_cast<std::int32_t>(rows.cols()), file);
  WriteValue(static_cast<std::int64_t>(rows.rows()), file);
  WriteValue(kUnused, file);
  WriteValue(kUnused, file);
  WriteValue(kTrained, file);
  WriteValue(kInnerProductMetric, file);
  WriteValue(static_cast<std::uint64_t>(rows.size()), file);
  file.Write(std::as_bytes(rows.elements()));
}

}  // namespace derrd
