// The fields of one record of delimited text.
#ifndef DERRD_DATA_FIELD_SPLITTER_H_
#define DERRD_DATA_FIELD_SPLITTER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace derrd {

enum class FieldStyle {
  kPlain,   // fields end at the delimiter, one or more characters
  kQuoted,  // the same, but a field in double quotes may hold delimiters and line ends, and doubles
            // a quote to hold one (CSV, RFC 4180)
  kRuns,    // fields end at any run of spaces, tabs and characters of the delimiter
};

// As many fields as a record has.
inline constexpr std::size_t kAllFields = static_cast<std::size_t>(-1);

// Splits records in one style. Spaces around a field are left off.
class FieldSplitter {
 public:
  FieldSplitter(std::string delimiter, FieldStyle style);

  // The first fields of a record, `most` of them unless it has fewer; what follows is not looked
  // at. The views live as long as `record` and until the next call. False when a quoted field is
  // still open at the end of `record`: it goes on in the next line.
  bool Split(std::string_view record, std::size_t most, std::vector<std::string_view>& fields);

 private:
  void SplitRuns(std::string_view record, std::size_t most, std::vector<std::string_view>& fields);
  void SplitPlain(std::string_view record, std::size_t most, std::vector<std::string_view>& fields);
  bool SplitQuoted(std::string_view record, std::vector<std::string_view>& fields);
  // Reads the quoted field at `position`, which it moves to the delimiter or the end.
  bool ReadQuoted(std::string_view record, std::size_t& position, std::string_view& field);

  std::string delimiter_;
  FieldStyle style_;
  std::string unquoted_;  // the text of quoted fields of the record
};

// Without spaces at both ends.
std::string_view Trim(std::string_view text);

}  // namespace derrd

#endif  // DERRD_DATA_FIELD_SPLITTER_H_
