#include "derrd/export/row_files.h"

#include <string_view>

#include "derrd/core/error.h"
#include "derrd/data/field_splitter.h"
#include "derrd/data/npy.h"

namespace derrd {

void WriteNpy(MatrixView<const float> rows, OutputFile& file) {
  file.Write(NpyHeader(DType::kF32, rows.rows(), rows.cols()));
  file.Write(std::as_bytes(rows.elements()));
}

void WriteIdLines(const Ids& ids, const std::string& what, OutputFile& file) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string_view id = ids[i];
    const bool is_a_line =
        !id.empty() && Trim(id) == id &&
        id.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
    if (!is_a_line) {
      Fail(
          "{}: the id of {} {} (from 0) is empty, or has a line break or outer spaces, which one "
          "id a line cannot hold; --format int8 and pgvector can, or import the data with plain "
          "ids",
          file.path(), what, i);
    }
    file.Write(id);
    file.Write("\n");
  }
}

}  // namespace derrd
