#include "derrd/data/record_reader.h"

#include <utility>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::uint64_t kLinesBetweenReports = 1 << 14;
constexpr std::size_t kLongestRecord = std::size_t{1} << 16;

}  // namespace

RecordReader::RecordReader(LineReader& lines, FieldSplitter splitter, ProgressCallback progress)
    : lines_(lines), splitter_(std::move(splitter)), progress_(std::move(progress)) {}

bool RecordReader::NextLine(std::string_view& line) {
  while (lines_.Next(line)) {
    if (progress_ && lines_.line_number() % kLinesBetweenReports == 0) {
      const TextSource& source = lines_.source();
      progress_({source.path(), source.bytes_read(), source.size(), lines_.line_number()});
    }
    if (line.find_first_not_of(" \t") != std::string_view::npos) return true;
  }
  return false;
}

bool RecordReader::Next(std::size_t most, std::vector<std::string_view>& fields) {
  std::string_view line;
  if (!NextLine(line)) return false;
  if (splitter_.Split(line, most, fields)) return true;
  const std::string place = lines_.Place();
  joined_ = line;
  while (joined_.size() < kLongestRecord && lines_.Next(line)) {
    joined_ += '\n';
    joined_ += line;
    if (splitter_.Split(joined_, most, fields)) return true;
  }
  Fail("{}: a double quote is opened here and not closed; close it, or double it inside the field",
       place);
}

}  // namespace derrd
