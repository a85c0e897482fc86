#include "derrd/cli/toml_values.h"

#include "derrd/core/nearest.h"

namespace derrd::cli {

std::string Joined(const Words& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ",") + word;
  return joined;
}

void TomlValues::CheckKeys(const toml::table& table, const Words& known,
                           const std::string& what) const {
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (std::ranges::find(known, name) != known.end()) continue;
    Fail<UsageError>("{}: '{}' is no key of {}{}; known: {}", Place(key), name, what,
                     DidYouMean(name, known), Joined(known));
  }
}

const toml::table& TomlValues::TableOf(const toml::key& key, const toml::node& value) const {
  if (!value.is_table()) FailType(Place(key), std::string(key.str()), "a table", value);
  return *value.as_table();
}

std::string TomlValues::TextOf(const toml::key& key, const toml::node& value) const {
  const auto text = value.value_exact<std::string>();
  if (!text) FailType(Place(key), std::string(key.str()), "text", value);
  return *text;
}

std::uint64_t TomlValues::WholeOf(const toml::key& key, const toml::node& value,
                                  std::uint64_t least, std::uint64_t most) const {
  const auto number = value.value_exact<std::int64_t>();
  if (!number) FailType(Place(key), std::string(key.str()), "a whole number", value);
  if (*number < 0 || static_cast<std::uint64_t>(*number) < least ||
      static_cast<std::uint64_t>(*number) > most) {
    Fail<UsageError>("{}: '{}' is {}; give a whole number from {} to {}", Place(key), key.str(),
                     *number, least, most);
  }
  return static_cast<std::uint64_t>(*number);
}

std::vector<std::uint64_t> TomlValues::WholesOf(const toml::key& key, const toml::node& value,
                                                std::uint64_t least, std::uint64_t most) const {
  return ListOf<std::uint64_t>(
      key, value, [&](const toml::node& node) { return WholeOf(key, node, least, most); });
}

}  // namespace derrd::cli
