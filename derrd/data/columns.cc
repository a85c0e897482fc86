#include "derrd/data/columns.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <span>

#include "derrd/core/error.h"
#include "derrd/data/iso_time.h"

namespace derrd {
namespace {

constexpr std::string_view kNone = "none";

std::span<const std::string_view> UsualNames(ColumnRole role) {
  static constexpr std::string_view kUser[] = {
      "userid",  "user",      "uid",      "userindex", "reviewerid", "customerid", "visitorid",
      "userkey", "accountid", "memberid", "buyerid",   "clientid",   "customer"};
  static constexpr std::string_view kItem[] = {
      "itemid",  "item",       "iid",       "itemindex", "movieid", "productid", "parentasin",
      "asin",    "businessid", "isbn",      "bookid",    "trackid", "articleid", "items",
      "videoid", "songid",     "listingid", "artistid",  "newsid",  "sku",       "product"};
  static constexpr std::string_view kRating[] = {"rating",     "ratings", "score",     "stars",
                                                 "bookrating", "overall", "starrating"};
  static constexpr std::string_view kTime[] = {
      "timestamp", "time", "unixreviewtime", "unixtime", "datetime", "createdat", "ts"};
  static constexpr std::string_view kName[] = {"name",  "itemname",    "title",   "movietitle",
                                               "names", "productname", "rawtitle"};
  static constexpr std::string_view kScore[] = {
      "score",     "scores", "prediction", "predictedscore", "predictedrating", "pred",
      "relevance", "rating", "logit",      "probability",    "weight"};
  static constexpr std::string_view kRank[] = {"rank", "ranking", "position"};
  switch (role) {
    case ColumnRole::kUser:
      return kUser;
    case ColumnRole::kItem:
      return kItem;
    case ColumnRole::kRating:
      return kRating;
    case ColumnRole::kTime:
      return kTime;
    case ColumnRole::kName:
      return kName;
    case ColumnRole::kScore:
      return kScore;
    case ColumnRole::kRank:
      return kRank;
  }
  return {};
}

// "user_id:token" is "userid".
std::string Normalised(std::string_view name) {
  std::string result;
  for (const char character : name.substr(0, name.find(':'))) {
    const auto code = static_cast<unsigned char>(character);
    if (std::isalnum(code) != 0) result += static_cast<char>(std::tolower(code));
  }
  return result;
}

bool IsTyped(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view type = name.substr(colon + 1);
  return type == "token" || type == "float" || type == "token_seq" || type == "float_seq";
}

// "account_id", "Account ID", "accountId", but not "madrid".
bool IsNameOfId(std::string_view name) {
  if (name.size() < 3) return false;
  const std::string_view end = name.substr(name.size() - 2);
  const auto before = static_cast<unsigned char>(name[name.size() - 3]);
  if (end == "Id" || end == "ID") return std::islower(before) != 0 || std::isalnum(before) == 0;
  return end == "id" && std::isalnum(before) == 0;
}

bool IsUsualName(std::string_view name) {
  const std::string normalised = Normalised(name);
  const auto usual = [&](ColumnRole role) {
    return std::ranges::count(UsualNames(role), normalised) > 0;
  };
  return usual(ColumnRole::kUser) || usual(ColumnRole::kItem) || usual(ColumnRole::kRating) ||
         usual(ColumnRole::kTime) || usual(ColumnRole::kName);
}

[[noreturn]] void FailNoColumn(const std::string& path, const Layout& layout, const char* flag,
                               const std::string& wanted) {
  std::string names;
  for (const std::string& name : layout.column_names) {
    names += (names.empty() ? "" : ", ") + name;
  }
  const std::string remedy = fmt::format("its columns are: {}; choose one with {}", names, flag);
  if (wanted.empty())
    Fail("{}: the header does not tell the {} column; {}", path, flag + 2, remedy);
  Fail("{}: there is no column '{}'; {}", path, wanted, remedy);
}

// The column that a flag names, by name first and then by number.
int FindWanted(const std::string& path, const Layout& layout, const char* flag,
               const std::string& wanted) {
  const auto& names = layout.column_names;
  for (std::size_t i = 0; layout.header && i < names.size(); ++i) {
    if (names[i] == wanted || WithoutType(names[i]) == wanted) return static_cast<int>(i);
  }
  std::size_t number = 0;
  const char* const end = wanted.data() + wanted.size();
  const auto [stop, error] = std::from_chars(wanted.data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > names.size()) {
    FailNoColumn(path, layout, flag, wanted);
  }
  return static_cast<int>(number) - 1;
}

struct ColumnRequest {
  ColumnRole role;
  const char* flag;
  const std::string& wanted;
  int position;  // where it stands without a header
  bool required;
};

int Assign(const std::string& path, const Layout& layout,
           const std::vector<std::string_view>& first_record, const ColumnRequest& request) {
  if (!request.required && request.wanted == kNone) return Layout::kNoColumn;
  if (!request.wanted.empty()) return FindWanted(path, layout, request.flag, request.wanted);
  if (layout.header) {
    const int found = FindByUsualName(layout.column_names, request.role);
    if (found == Layout::kNoColumn && request.required) {
      FailNoColumn(path, layout, request.flag, "");
    }
    return found;
  }
  const auto position = static_cast<std::size_t>(request.position);
  if (request.required && position >= layout.column_names.size()) {
    Fail(
        "{}: no header, and its first line has {} where the {} is column {}; say with --delimiter "
        "what separates columns, or with --format what it is",
        path, layout.column_names.size() == 1 ? "one column" : "no column", request.flag + 2,
        position + 1);
  }
  if (request.required) return request.position;
  const auto fits = [&](std::string_view field) {
    return IsNumber(field) || (request.role == ColumnRole::kTime && ParseIsoTime(field));
  };
  const bool there = position < first_record.size() && fits(first_record[position]);
  return there ? request.position : Layout::kNoColumn;
}

}  // namespace

int FindByUsualName(const std::vector<std::string>& names, ColumnRole role) {
  for (const std::string_view usual : UsualNames(role)) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (Normalised(names[i]) == usual) return static_cast<int>(i);
    }
  }
  return Layout::kNoColumn;
}

std::string WithoutType(const std::string& name) {
  return IsTyped(name) ? name.substr(0, name.find(':')) : name;
}

std::optional<double> FiniteNumber(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool LooksLikeHeader(const std::vector<std::string_view>& first,
                     const std::vector<std::string_view>& second) {
  if (std::ranges::any_of(first, IsTyped) || std::ranges::any_of(first, IsUsualName)) return true;
  for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
    if (!IsNumber(first[i]) && IsNumber(second[i])) return true;
    if (IsNameOfId(first[i]) && !IsNameOfId(second[i])) return true;
  }
  return false;
}

void AssignColumns(const std::string& path, const ReadOptions& options,
                   const std::vector<std::string_view>& first_record, Layout& layout) {
  const auto assign = [&](ColumnRole role, const char* flag, const std::string& wanted,
                          int position, bool required) {
    return Assign(path, layout, first_record, {role, flag, wanted, position, required});
  };
  layout.user = assign(ColumnRole::kUser, "--user", options.user, 0, true);
  layout.item = assign(ColumnRole::kItem, "--item", options.item, 1, true);
  if (layout.user == layout.item) {
    Fail("{}: column {} is both the user and the item; name two with --user and --item", path,
         layout.user + 1);
  }
  layout.rating = assign(ColumnRole::kRating, "--rating", options.rating, 2, false);
  layout.time = assign(ColumnRole::kTime, "--time", options.time, 3, false);
}

}  // namespace derrd
