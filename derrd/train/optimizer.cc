#include "derrd/train/optimizer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "derrd/core/error.h"
#include "derrd/train/adagrad.h"
#include "derrd/train/adam.h"
#include "derrd/train/row_adam.h"
#include "derrd/train/sgd.h"

namespace derrd {
namespace {

struct Rule {
  std::string_view name;
  double learning_rate;  // what learns well on the data sets of docs/reproduction.md
  double numbers;        // it keeps for each parameter of a table
  double row_bytes;      // it keeps for each row of a table
};
constexpr std::array<Rule, 4> kRules = {{{"adam", 1e-3, 2, sizeof(std::int32_t)},
                                         {"row-adam", 1e-3, 2, 0},
                                         {"adagrad", 0.05, 1, 0},
                                         {"sgd", 0.05, 0, 0}}};

const Rule& RuleOf(OptimizerKind kind) { return kRules[static_cast<std::size_t>(kind)]; }

}  // namespace

std::string_view Name(OptimizerKind kind) { return RuleOf(kind).name; }

std::vector<std::string> OptimizerNames() {
  std::vector<std::string> names;
  for (const Rule& rule : kRules) names.emplace_back(rule.name);
  return names;
}

OptimizerKind OptimizerNamed(std::string_view name) {
  const auto* found = std::ranges::find(kRules, name, &Rule::name);
  if (found == kRules.end()) {
    Fail<UsageError>("--optimizer: there is no '{}'; choose from {}", name,
                     fmt::join(OptimizerNames(), ", "));
  }
  return static_cast<OptimizerKind>(found - kRules.begin());
}

double StateBytes(OptimizerKind kind, std::size_t rows, std::size_t width) {
  const Rule& rule = RuleOf(kind);
  return static_cast<double>(rows) *
         (rule.row_bytes + rule.numbers * sizeof(float) * static_cast<double>(width));
}

double OptimizerOptions::TableRate() const {
  return learning_rate.value_or(RuleOf(kind).learning_rate);
}

double OptimizerOptions::DenseRate() const {
  const bool adam = kind == OptimizerKind::kAdam || kind == OptimizerKind::kRowAdam;
  return dense_learning_rate.value_or(adam ? TableRate()
                                           : RuleOf(OptimizerKind::kAdam).learning_rate);
}

AdamOptions OptimizerOptions::TableAdam() const { return {TableRate(), beta1, beta2, epsilon, l2}; }
AdamOptions OptimizerOptions::DenseAdam() const { return {DenseRate(), beta1, beta2, epsilon, l2}; }

void Optimizer::EndStep(const Parallel& parallel) {
  ++step_;
  MoveRows(parallel);
  dense_.Step(step_, parallel);
}

std::vector<NamedMatrix> Optimizer::State() {
  std::vector<NamedMatrix> state;
  AddTableState(state);
  dense_.AddState(state);
  return state;
}

std::unique_ptr<Optimizer> MakeOptimizer(const OptimizerOptions& options) {
  switch (options.kind) {
    case OptimizerKind::kRowAdam:
      return std::make_unique<RowAdam>(options);
    case OptimizerKind::kAdagrad:
      return std::make_unique<Adagrad>(options);
    case OptimizerKind::kSgd:
      return std::make_unique<Sgd>(options);
    case OptimizerKind::kAdam:
      break;
  }
  return std::make_unique<Adam>(options);
}

}  // namespace derrd
