// The methods, alone and in sums.
#ifndef DERRD_METHODS_METHOD_TABLE_H_
#define DERRD_METHODS_METHOD_TABLE_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/methods/method.h"

namespace derrd {

// A name for a sum of methods, or another name for one.
struct NamedSum {
  std::string name;  // "de-rrd"; that of one method is not written anywhere
  std::string sum;   // "de+rrd": names of the table, in its order
  std::string source;
};

// What a run distils by. One name for one thing, in whatever order it was said: "rrd+de" and
// "de+rrd" are "de-rrd".
struct MethodSum {
  std::string name;
  std::vector<const Method*> methods;  // in the table's order; empty for those that stand alone

  bool HasBase() const;   // whether a loss on the data is part of the objective
  bool IsSolved() const;  // by its only method's solver, and not by gradients
};

// One of every method. A run owns a table, for its methods hold its hyper-parameters.
class MethodTable {
 public:
  static constexpr std::string_view kNone = "none";  // from scratch
  static constexpr std::string_view kSvd = "svd";    // the teacher cut to the width

  MethodTable();

  std::span<const std::unique_ptr<Method>> methods() const { return methods_; }
  // Those that take part in no sum: kNone and kSvd.
  static std::vector<MethodInfo> Alone();
  static std::vector<NamedSum> NamedSums();

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

}  // namespace derrd

#endif  // DERRD_METHODS_METHOD_TABLE_H_
