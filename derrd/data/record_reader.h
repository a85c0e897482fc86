// The records of a text file, split into fields.
#ifndef DERRD_DATA_RECORD_READER_H_
#define DERRD_DATA_RECORD_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/data/field_splitter.h"
#include "derrd/data/line_reader.h"

namespace derrd {

// How far a file is read. `size` is 0 when it is not known (a pipe).
struct ReadProgress {
  std::string_view path;
  std::uint64_t bytes_read, size;  // of the file as it is stored
  std::uint64_t lines;
};
using ProgressCallback = std::function<void(const ReadProgress&)>;  // called every 16,384 lines

// Reads record after record: a line each, or several where a quoted field holds line ends (64 KiB
// at most; Error beyond, for then a quote was never closed). Blank lines are skipped. Not for
// several threads.
class RecordReader {
 public:
  // `lines` must outlive this object.
  RecordReader(LineReader& lines, FieldSplitter splitter, ProgressCallback progress = nullptr);

  // The first fields of the next record, `most` of them unless it has fewer; at least one. The
  // views live until the next call. False at the end.
  bool Next(std::size_t most, std::vector<std::string_view>& fields);

  // "PATH:LINE" where the last record ends, for messages.
  std::string Place() const { return lines_.Place(); }

 private:
  bool NextLine(std::string_view& line);

  LineReader& lines_;
  FieldSplitter splitter_;
  ProgressCallback progress_;
  std::string joined_;  // a record of several lines
};

}  // namespace derrd

#endif  // DERRD_DATA_RECORD_READER_H_
