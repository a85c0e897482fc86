// Hyper-parameters, each declared once: the flag, the key in a model's file and what another
// language makes of it all come from the declaration.
#ifndef DERRD_METHODS_HYPER_PARAMETER_H_
#define DERRD_METHODS_HYPER_PARAMETER_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace derrd {

// A number within bounds, both included. Whoever sets it checks them.
template <typename T>
struct Bounded {
  T* value;
  double least, most;
};
// One that may be left to the method, which then takes `otherwise` or chooses by itself.
struct LeftOpen {
  std::optional<double>* value;
  double least, most, otherwise;
};
struct OneOf {
  std::string* value;
  std::vector<std::string> words;
};
// A choice of two, told by words.
struct Switch {
  bool* value;
  std::string on, off;
};
// Names of files to read.
struct InputFiles {
  std::vector<std::string>* paths;
};

struct HyperParameter {
  using Holder = std::variant<Bounded<double>, Bounded<std::size_t>, Bounded<std::int32_t>,
                              LeftOpen, OneOf, Switch, InputFiles>;

  std::string key;    // in the model's file: "rank_decay"
  std::string about;  // in a line
  Holder holder;      // where it is held: its default until somebody sets it
  // Its name among those of all methods, where the method's and the key do not tell it
  // ("lambda-dcd-item"); see FlagOf.
  std::string flag = {};
};

inline Bounded<double> Within(double& value, double least, double most) {
  return {&value, least, most};
}
inline Bounded<std::size_t> Within(std::size_t& value, double least, double most) {
  return {&value, least, most};
}
inline Bounded<std::int32_t> Within(std::int32_t& value, double least, double most) {
  return {&value, least, most};
}

// The name of an owner's hyper-parameter among those of all: "lambda-cd" of the key "weight",
// "cd-rank-decay" of "rank_decay".
std::string FlagOf(const std::string& owner, const HyperParameter& parameter);

// As a model's file holds them: {key: value, ...}; input files by the fingerprints of their bytes,
// which are read for it.
nlohmann::ordered_json ConfigOf(std::span<const HyperParameter> parameters);

}  // namespace derrd

#endif  // DERRD_METHODS_HYPER_PARAMETER_H_
