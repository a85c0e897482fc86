#include "derrd/data/field_splitter.h"

#include <algorithm>
#include <utility>

namespace derrd {

FieldSplitter::FieldSplitter(std::string delimiter, FieldStyle style)
    : delimiter_(std::move(delimiter)), style_(style) {
  if (style_ == FieldStyle::kRuns) delimiter_ += " \t";
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool FieldSplitter::Split(std::string_view record, std::size_t most,
                          std::vector<std::string_view>& fields) {
  fields.clear();
  if (style_ == FieldStyle::kRuns) {
    SplitRuns(record, most, fields);
  } else if (style_ == FieldStyle::kQuoted && record.find('"') != std::string_view::npos) {
    return SplitQuoted(record, fields);
  } else {
    SplitPlain(record, most, fields);
  }
  return true;
}

void FieldSplitter::SplitRuns(std::string_view record, std::size_t most,
                              std::vector<std::string_view>& fields) {
  const auto is_run = [&](char c) { return delimiter_.find(c) != std::string::npos; };
  const char* at = record.data();
  const char* const end = at + record.size();
  while (fields.size() < most) {
    at = std::find_if_not(at, end, is_run);
    if (at == end) return;
    const char* const stop = std::find_if(at, end, is_run);
    fields.emplace_back(at, static_cast<std::size_t>(stop - at));
    at = stop;
  }
}

void FieldSplitter::SplitPlain(std::string_view record, std::size_t most,
                               std::vector<std::string_view>& fields) {
  std::size_t begin = 0;
  while (fields.size() < most) {
    const std::size_t end =
        delimiter_.size() == 1 ? record.find(delimiter_[0], begin) : record.find(delimiter_, begin);
    fields.push_back(Trim(record.substr(begin, end - begin)));
    if (end == std::string_view::npos) return;
    begin = end + delimiter_.size();
  }
}

bool FieldSplitter::SplitQuoted(std::string_view record, std::vector<std::string_view>& fields) {
  unquoted_.clear();
  unquoted_.reserve(record.size());  // never moves while views of it are given out
  std::size_t position = 0;
  while (true) {
    const std::size_t start = std::min(record.find_first_not_of(' ', position), record.size());
    if (start < record.size() && record[start] == '"') {
      position = start;
      std::string_view field;
      if (!ReadQuoted(record, position, field)) return false;
      fields.push_back(field);
    } else {
      const std::size_t end = std::min(record.find(delimiter_, position), record.size());
      fields.push_back(Trim(record.substr(position, end - position)));
      position = end;
    }
    if (position == record.size()) return true;
    position += delimiter_.size();
  }
}

bool FieldSplitter::ReadQuoted(std::string_view record, std::size_t& position,
                               std::string_view& field) {
  const std::size_t start = unquoted_.size();
  ++position;
  while (true) {
    const std::size_t quote = record.find('"', position);
    if (quote == std::string_view::npos) return false;
    unquoted_.append(record.substr(position, quote - position));
    position = quote + 1;
    if (position == record.size() || record[position] != '"') break;
    unquoted_ += '"';
    ++position;
  }
  const std::size_t end = std::min(record.find(delimiter_, position), record.size());
  unquoted_.append(Trim(record.substr(position, end - position)));
  position = end;
  field = std::string_view(unquoted_).substr(start);
  return true;
}

}  // namespace derrd
