// Values of a TOML file, each told with its line when it is not what it should be.
#ifndef DERRD_CLI_TOML_VALUES_H_
#define DERRD_CLI_TOML_VALUES_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "derrd/cli/toml_flags.h"
#include "derrd/core/error.h"

namespace derrd::cli {

using Words = std::vector<std::string>;

// Joined with commas, as flags with several values take them.
std::string Joined(const Words& words);

// Every function that is given a value throws a UsageError with file, line and remedy when the
// value is of another type or out of range.
class TomlValues {
 public:
  explicit TomlValues(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string Place(const toml::key& key) const { return PlaceOf(path_, key); }

  // UsageError, with the nearest known one, for a key that is not. `what`: whose keys they are.
  void CheckKeys(const toml::table& table, const Words& known, const std::string& what) const;

  const toml::table& TableOf(const toml::key& key, const toml::node& value) const;
  std::string TextOf(const toml::key& key, const toml::node& value) const;
  std::uint64_t WholeOf(const toml::key& key, const toml::node& value, std::uint64_t least,
                        std::uint64_t most) const;

  // One value, or a list of at least one, all different.
  template <typename T>
  std::vector<T> ListOf(const toml::key& key, const toml::node& value,
                        const std::function<T(const toml::node&)>& one) const;
  std::vector<std::uint64_t> WholesOf(const toml::key& key, const toml::node& value,
                                      std::uint64_t least, std::uint64_t most) const;

 private:
  std::string path_;
};

template <typename T>
std::vector<T> TomlValues::ListOf(const toml::key& key, const toml::node& value,
                                  const std::function<T(const toml::node&)>& one) const {
  std::vector<T> values;
  if (const toml::array* list = value.as_array()) {
    for (const toml::node& element : *list) values.push_back(one(element));
  } else {
    values.push_back(one(value));
  }
  if (values.empty()) Fail<UsageError>("{}: '{}' is empty; name one", Place(key), key.str());
  for (auto at = values.begin(); at != values.end(); ++at) {
    if (std::find(values.begin(), at, *at) == at) continue;
    Fail<UsageError>("{}: '{}' names {} twice; leave one out", Place(key), key.str(), *at);
  }
  return values;
}

}  // namespace derrd::cli

#endif  // DERRD_CLI_TOML_VALUES_H_
