// Flags of a training run as data: what an experiment varies.
#ifndef DERRD_EXPERIMENT_FLAGS_H_
#define DERRD_EXPERIMENT_FLAGS_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace derrd {

// "--l2" and "0.001".
struct Flag {
  std::string name, value;
  bool operator==(const Flag&) const = default;
};

// In the order of their first mention; a name stands once.
class Flags {
 public:
  // Replaces the value of a flag that is there, or adds it.
  void Set(const std::string& name, const std::string& value) {
    const auto found = std::ranges::find(flags_, name, &Flag::name);
    if (found == flags_.end()) {
      flags_.push_back({name, value});
    } else {
      found->value = value;
    }
  }
  void Set(const Flags& others) {
    for (const Flag& flag : others) Set(flag.name, flag.value);
  }

  // Nothing where the flag is not set.
  std::string_view ValueOf(std::string_view name) const {
    const auto found = std::ranges::find(flags_, name, &Flag::name);
    return found == flags_.end() ? std::string_view() : found->value;
  }
  bool Has(std::string_view name) const {
    return std::ranges::find(flags_, name, &Flag::name) != flags_.end();
  }

  // As words of a command line: "--l2=0.001", so that a value may be anything.
  std::vector<std::string> Words() const {
    std::vector<std::string> words;
    for (const Flag& flag : flags_) words.push_back(flag.name + "=" + flag.value);
    return words;
  }

  std::size_t size() const { return flags_.size(); }
  bool empty() const { return flags_.empty(); }
  std::vector<Flag>::const_iterator begin() const { return flags_.begin(); }
  std::vector<Flag>::const_iterator end() const { return flags_.end(); }
  bool operator==(const Flags&) const = default;

 private:
  std::vector<Flag> flags_;
};

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_FLAGS_H_
