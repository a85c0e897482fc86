// The experts of one side (users or items), their selection network, and the loss that trains both
// (losses/de.h), as a term owns them.
#ifndef DERRD_TRAIN_EXPERT_SIDE_H_
#define DERRD_TRAIN_EXPERT_SIDE_H_

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "derrd/core/parameter.h"
#include "derrd/core/random.h"
#include "derrd/losses/de.h"

namespace derrd {

// How the temperature of a Gumbel-softmax falls.
struct Annealing {
  double initial = 1.0;    // tau_0 >= 1e-30
  double final = 1e-10;    // tau_P >= 1e-30
  double epochs = 1000.0;  // P > 0

  // tau(e) = tau_0 (tau_P / tau_0)^min(1, e / P), at epoch e from 0 (DE-RRD, CIKM 2020,
  // section 3.1.3; the paper's runs end at P).
  double At(std::int32_t epoch) const;
};

// UsageError that names the flag when a routing tolerance could close every expert of a row.
void CheckRoutingTolerance(const std::string& flag, double tolerance);

class ExpertSide {
 public:
  // Rows of one list of entities, in the order in which Compute is given them.
  struct Part {
    std::span<const std::int32_t> entities;
    Role role;      // of its Gumbel draws
    double weight;  // of each row's loss
  };
  // Roles of the initial draws; `number` tells the sides apart.
  struct InitialRoles {
    Role experts, selection;
    std::uint64_t number;
  };

  // Names of parameters begin with `prefix`, "de/user/".
  ExpertSide(const std::string& prefix, const ExpertShape& shape, std::uint64_t seed,
             const InitialRoles& roles);
  ExpertSide(const ExpertSide&) = delete;
  ExpertSide& operator=(const ExpertSide&) = delete;

  std::array<DenseParameter*, 6> parameters();
  const DenseParameter& selection() const { return selection_; }
  const DenseParameter& selection_bias() const { return selection_bias_; }

  // Forgets what Diagnostics tells.
  void BeginEpoch();
  // Returns the loss of the parts' rows; overwrites the parameters' gradients and student_gradient
  // with options.weight times theirs.
  double Compute(std::span<const Part> parts, MatrixView<const float> student,
                 MatrixView<const float> teacher, std::uint32_t step, const DeOptions& options,
                 MatrixView<float> student_gradient, const Parallel& parallel);
  // Experts computed per row, and rows by the expert that they chose, over the epoch.
  nlohmann::ordered_json Diagnostics() const;

 private:
  void DrawGumbel(std::span<const Part> parts, std::uint32_t step, const Parallel& parallel);

  std::uint64_t seed_;
  std::size_t experts_;
  DenseParameter first_, first_bias_, second_, second_bias_, selection_, selection_bias_;
  DeLoss<float> loss_;
  Matrix<float> gumbel_;
  std::vector<float> row_weights_;
  double routed_ = 0.0, rows_ = 0.0;  // over the epoch
  std::vector<std::size_t> chosen_;   // rows that chose each expert, over the epoch
};

}  // namespace derrd

#endif  // DERRD_TRAIN_EXPERT_SIDE_H_
