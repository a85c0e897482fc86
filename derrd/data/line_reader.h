// A text file line by line, without an allocation a line.
#ifndef DERRD_DATA_LINE_READER_H_
#define DERRD_DATA_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/data/text_source.h"

namespace derrd {

// Lines end with "\n" or "\r\n"; the last may end with the file. A byte order mark of UTF-8 is
// skipped. Error for an empty file, for one that holds NUL bytes (it is no text, or UTF-16) and for
// a line of more than 256 MiB. Not for several threads.
class LineReader {
 public:
  explicit LineReader(const std::string& path);

  // The next line without its end. The view lives until the next call. False at the end.
  bool Next(std::string_view& line);

  // The start of the text, 64 KiB of it unless it is shorter, before the first Next().
  std::string_view Preview() const { return {buffer_.data() + begin_, end_ - begin_}; }

  // The number of the line that Next() gave last, from 1.
  std::uint64_t line_number() const { return line_number_; }
  // "PATH:LINE", for messages.
  std::string Place() const;
  const TextSource& source() const { return *source_; }

 private:
  bool Fill();  // false at the end of the text

  std::unique_ptr<TextSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_number_ = 0;
};

}  // namespace derrd

#endif  // DERRD_DATA_LINE_READER_H_
