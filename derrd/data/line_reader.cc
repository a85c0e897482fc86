#include "derrd/data/line_reader.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::size_t kStartBytes = std::size_t{1} << 20;
constexpr std::size_t kPreviewBytes = std::size_t{1} << 16;
constexpr std::size_t kLongestLine = std::size_t{1} << 28;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct KnownStart {
  std::string_view bytes, kind, remedy;
};
constexpr std::string_view kTables = "give CSV, TSV, .inter or adjacency lists, plain, .gz or .zst";
constexpr std::string_view kUnpack = "unpack it first, or pack it as .gz or .zst";
constexpr KnownStart kKnownStarts[] = {
    {"PK\x03\x04", "a zip archive (as .xlsx is too)", kTables},
    {"PAR1", "a Parquet file", kTables},
    {"\xFD\x37zXZ", "packed by xz", kUnpack},
    {"BZh", "packed by bzip2", kUnpack},
};

// Error for a file that its first bytes tell to be no text. Text may begin with some of them too,
// but holds no such control characters.
void CheckIsText(std::string_view start, const std::string& path) {
  const auto is_control = [](char byte) { return static_cast<unsigned char>(byte) < 0x09; };
  if (std::ranges::none_of(start.substr(0, 64), is_control)) return;
  for (const auto& [bytes, kind, remedy] : kKnownStarts) {
    if (start.starts_with(bytes)) Fail("{}: is {}; {}", path, kind, remedy);
  }
}

}  // namespace

LineReader::LineReader(const std::string& path)
    : source_(TextSource::Open(path)), buffer_(kStartBytes) {
  while (end_ < kPreviewBytes && Fill()) {
  }
  if (end_ == 0) Fail("{}: the file is empty; give one with a record a line", path);
  if (Preview().find('\r') != std::string_view::npos &&
      Preview().find('\n') == std::string_view::npos) {
    Fail("{}: its lines end in carriage returns alone; convert it, for example with tr '\\r' '\\n'",
         path);
  }
  if (Preview().starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
}

std::string LineReader::Place() const {
  return fmt::format("{}:{}", source_->path(), line_number_);
}

bool LineReader::Next(std::string_view& line) {
  std::size_t searched = 0;
  const char* newline = nullptr;
  while (true) {
    const char* from = buffer_.data() + begin_ + searched;
    const std::size_t length = end_ - begin_ - searched;
    newline = length == 0 ? nullptr : static_cast<const char*>(std::memchr(from, '\n', length));
    if (newline != nullptr) break;
    searched = end_ - begin_;
    if (!Fill()) break;
  }
  if (newline == nullptr && searched == 0) return false;
  const char* start = buffer_.data() + begin_;
  std::size_t size = newline != nullptr ? static_cast<std::size_t>(newline - start) : searched;
  begin_ += size + (newline != nullptr ? 1 : 0);
  if (size > 0 && start[size - 1] == '\r') --size;
  line = {start, size};
  ++line_number_;
  return true;
}

// Keeps what is not given out yet, moved to the front, and reads more behind it.
bool LineReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (end_ >= kLongestLine) {
      Fail("{}:{}: a line of more than {} MiB; give a text file with one record a line",
           source_->path(), line_number_ + 1, kLongestLine >> 20);
    }
    buffer_.resize(buffer_.size() * 2);
  }
  const std::span<char> room(buffer_.data() + end_, buffer_.size() - end_);
  const std::size_t count = source_->Read(room);
  if (end_ == 0 && line_number_ == 0) CheckIsText({room.data(), count}, source_->path());
  if (count > 0 && std::memchr(room.data(), '\0', count) != nullptr) {
    Fail(
        "{}: near line {}: not a text file (it holds NUL bytes); give CSV, TSV or adjacency lists "
        "in UTF-8",
        source_->path(), line_number_ + 1);
  }
  end_ += count;
  return count > 0;
}

}  // namespace derrd
