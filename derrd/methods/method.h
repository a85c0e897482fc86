// A method of distillation: what it computes, what it asks of a teacher, its hyper-parameters, and
// the term that trains. Each is one file of this room; method_table.h lists them.
#ifndef DERRD_METHODS_METHOD_H_
#define DERRD_METHODS_METHOD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/methods/hyper_parameter.h"
#include "derrd/methods/memory_needs.h"
#include "derrd/models/ials.h"
#include "derrd/models/model.h"
#include "derrd/train/term.h"

namespace derrd {

// What a method asks of a teacher.
enum class TeacherNeed {
  kNothing,
  kRepresentations,        // rows of its latent space
  kFactors,                // such rows whose products are its scores
  kRankings,               // the order of a user's items, best first
  kScores,                 // a number for any user and item
  kRankingsAlongTraining,  // rankings of several states of it, from early to late
};

std::string_view Name(TeacherNeed need);  // in words: "rankings along its training"

// What `derrd methods` tells.
struct MethodInfo {
  std::string name;     // as in --method, in files and in logs: lower case, without '+'
  std::string formula;  // in one line
  TeacherNeed need;
  std::string source;          // authors, venue, year, section
  std::string builds_on = {};  // a method that any sum with this one names too; empty: none
  bool replaces_base = false;  // no loss on the data beside it
  bool solved = false;         // by sweeps of least squares: it has a solver and no term
};

// Who hears of what is done before training begins; nobody, where a function is empty.
struct Listener {
  std::function<void(const std::string&)> note = {};  // something that may surprise: a sentence
  // So many of all units ("sweeps") of the work of that name are done.
  std::function<void(const std::string& work, const std::string& unit, std::size_t done,
                     std::size_t all)>
      progress = {};
  std::function<void(const std::string& result)> finished = {};  // that work, and what came of it

  void Note(const std::string& text) const {
    if (note && !text.empty()) note(text);
  }
  void Progress(const std::string& work, const std::string& unit, std::size_t done,
                std::size_t all) const {
    if (progress) progress(work, unit, done, all);
  }
  void Finished(const std::string& result) const {
    if (finished) finished(result);
  }
};

// What a term is made of. All of it outlives the term, but for `terms` and `listener`.
struct MethodContext {
  const Dataset& dataset;
  const Model& teacher;             // has the data set's users and items, and lacks nothing
  const std::string& teacher_path;  // "" where it is no file yet, and this is a check
  std::size_t student_width;        // of the student's representations
  std::uint64_t seed;
  const Parallel& parallel;
  const Listener& listener;
  std::span<const std::unique_ptr<Term>> terms = {};  // of the same objective, those made so far
};

// Owns its hyper-parameters, which have their defaults when it is made.
class Method {
 public:
  Method() = default;
  virtual ~Method() = default;
  Method(const Method&) = delete;  // hyper-parameters are told by their address
  Method& operator=(const Method&) = delete;

  virtual MethodInfo info() const = 0;
  std::span<const HyperParameter> parameters() const { return parameters_; }

  // The files it reads besides the teacher.
  virtual std::vector<std::string> Files() const { return {}; }
  // Why this teacher will not do and what to do about it, in words that follow "the teacher", or
  // nothing when it will.
  virtual std::string Lacks(const Model& teacher) const;
  // What the term will hold, as far as can be told before the teacher is opened.
  virtual std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize&) const { return {}; }
  // What it will hold besides, once the width of the teacher's representations is known.
  virtual std::vector<MemoryNeed> NeedsWithTeacher(const RunSize&,
                                                   std::size_t /*teacher_width*/) const {
    return {};
  }

  // UsageError, naming a flag, when the options do not fit the data set or each other. Terms are
  // made in the table's order; one that builds on another finds it in context.terms. null for a
  // method that is solved.
  virtual std::unique_ptr<Term> MakeTerm(const MethodContext& context) const = 0;

  // Of a method that is solved.
  struct Solver {
    std::unique_ptr<Ials> ials;
    std::int32_t sweeps;            // at most
    nlohmann::ordered_json chosen;  // of the parameters, by looking at the data; null: nothing
  };
  virtual Solver MakeSolver(const MethodContext&) const { return {}; }

 protected:
  std::vector<HyperParameter> parameters_;  // the derived class declares them when it is made
};

// Why a teacher cannot rank the users of an item, as Method::Lacks says it; `or_else`: what else
// helps.
std::string LacksItemSide(const Model& teacher, const std::string& or_else = "");

}  // namespace derrd

#endif  // DERRD_METHODS_METHOD_H_
