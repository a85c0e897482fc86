// The methods that `--method` knows, alone and in sums.
#ifndef DERRD_CLI_METHODS_TABLE_H_
#define DERRD_CLI_METHODS_TABLE_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/cli/method.h"

namespace derrd::cli {

// A name for a sum of methods, or another name for one.
struct NamedSum {
  std::string name;  // "de-rrd"; that of one method is not written anywhere
  std::string sum;   // "de+rrd": names of the table, in its order
  std::string source;
};

// What `--method` says. One name for one thing, in whatever order it was said: "rrd+de" and
// "de+rrd" are "de-rrd".
struct MethodSum {
  std::string name;
  std::vector<const Method*> methods;  // in the table's order; empty for those that stand alone

  bool HasBase() const;   // whether a loss on the data is part of the objective
  bool IsSolved() const;  // by its only method's solver, and not by gradients
};

// One of every method. A run owns a table, for its methods hold what its flags say.
class MethodTable {
 public:
  static constexpr std::string_view kNone = "none";  // from scratch
  static constexpr std::string_view kSvd = "svd";    // the teacher cut to the width

  MethodTable();

  std::span<const std::unique_ptr<Method>> methods() const { return methods_; }
  // Those that take part in no sum: kNone and kSvd.
  static std::vector<MethodInfo> Alone();
  static std::vector<NamedSum> NamedSums();

  // Declares the flags of every method, each method's under a heading of its own.
  void AddFlags(CLI::App& app) const;
  static std::string HeadingOf(const std::string& method) { return "Method " + method; }
  // Whether a flag ("--als-l2") is one of the method's own.
  static bool IsFlagOf(const std::string& method, std::string_view flag) {
    return flag == "--lambda-" + method || flag.starts_with("--" + method + "-");
  }

  // Names of methods and of sums, joined by '+'; or one that stands alone. UsageError with the
  // nearest name and all that are known when one is unknown; when one is named twice; when one that
  // stands alone or is solved does not; and when one that builds on another comes without it.
  MethodSum Parse(const std::string& text) const;

 private:
  const Method* Find(std::string_view name) const;
  std::vector<std::string> Names() const;

  std::vector<std::unique_ptr<Method>> methods_;
};

// UsageError with the reason when the teacher, read from `path`, lacks what one of the methods
// needs.
void CheckTeacher(const MethodSum& sum, const std::string& path, const Model& teacher);

// A method's flags with their defaults: [{"flag", "default", "about"}, ...].
nlohmann::ordered_json FlagsOf(Method& method);

}  // namespace derrd::cli

#endif  // DERRD_CLI_METHODS_TABLE_H_
