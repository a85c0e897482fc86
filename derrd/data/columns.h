// Which column of delimited text is the user, the item, the rating and the time.
#ifndef DERRD_DATA_COLUMNS_H_
#define DERRD_DATA_COLUMNS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/data/layout.h"

namespace derrd {

// What a column holds, as its name in a header tells.
enum class ColumnRole { kUser, kItem, kRating, kTime, kName, kScore, kRank };

// The first column whose name is usual for the role ("user_id:token", "userId", "uid", ...; case,
// punctuation and RecBole's types do not matter); Layout::kNoColumn when there is none.
int FindByUsualName(const std::vector<std::string>& names, ColumnRole role);

// Whether the first line is a header: it holds a usual or a typed name, or one that ends in "_id"
// where the second line has none, or has words where the second line has numbers.
bool LooksLikeHeader(const std::vector<std::string_view>& first,
                     const std::vector<std::string_view>& second);

// The name of a column without RecBole's type ("class:token_seq" is "class"); another as it is.
std::string WithoutType(const std::string& name);

// The finite number that the text is, and nothing else; nullopt of any other text.
std::optional<double> FiniteNumber(std::string_view text);
inline bool IsNumber(std::string_view text) { return FiniteNumber(text).has_value(); }

// Sets the four columns of `layout` from its column_names, its header and the options.
void AssignColumns(const std::string& path, const ReadOptions& options,
                   const std::vector<std::string_view>& first_record, Layout& layout);

}  // namespace derrd

#endif  // DERRD_DATA_COLUMNS_H_
