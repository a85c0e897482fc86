#include "derrd/methods/hyper_parameter.h"

#include <algorithm>

#include "derrd/core/fingerprint.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json ValueOf(const Bounded<T>& number) {
  return *number.value;
}
Json ValueOf(const LeftOpen& number) { return number.value->value_or(number.otherwise); }
Json ValueOf(const OneOf& word) { return *word.value; }
Json ValueOf(const Switch& choice) { return *choice.value; }
Json ValueOf(const InputFiles& files) {
  Json fingerprints = Json::array();
  for (const std::string& path : *files.paths) fingerprints.push_back(Fingerprint(path));
  return fingerprints;
}

}  // namespace

std::string FlagOf(const std::string& owner, const HyperParameter& parameter) {
  if (!parameter.flag.empty()) return parameter.flag;
  if (parameter.key == "weight") return "lambda-" + owner;
  std::string key = parameter.key;
  std::ranges::replace(key, '_', '-');
  return owner + "-" + key;
}

Json ConfigOf(std::span<const HyperParameter> parameters) {
  Json config = Json::object();
  for (const HyperParameter& parameter : parameters) {
    config[parameter.key] =
        std::visit([](const auto& holder) { return ValueOf(holder); }, parameter.holder);
  }
  return config;
}

}  // namespace derrd
