// Hierarchical Topology Distillation as part of an objective, over the distinct users and items of
// the batch:
//   L = alpha L_topology + (1 - alpha) (L_assignment of users + L_assignment of items)
// Users and items have group assignment networks of their own (train/expert_side.h), whose loss is
// that of Distillation Experts; their topology is one.
#ifndef DERRD_TRAIN_HTD_TERM_H_
#define DERRD_TRAIN_HTD_TERM_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "derrd/losses/htd.h"
#include "derrd/models/model.h"
#include "derrd/train/batch_entities.h"
#include "derrd/train/expert_side.h"
#include "derrd/train/latent_rows.h"
#include "derrd/train/term.h"

namespace derrd {

struct HtdTermOptions {
  double weight = 1e-3;     // lambda_HTD, >= 0
  double alpha = 0.5;       // the topology's share, in [0, 1]
  std::size_t groups = 30;  // K >= 1, a side
  Annealing temperature{.epochs = 100.0};
  double routing_tolerance = 0.03;  // in [0, 1/2); 0 computes every group's network for every row
};

// The authors' group assignment networks: as wide inside as the mean of both widths, at least 1.
ExpertShape HtdShape(std::size_t groups, std::size_t student_width, std::size_t teacher_width);

class HtdTerm : public Term {
 public:
  // The teacher must outlive the term and have the student's users and items.
  HtdTerm(const Model& teacher, std::size_t student_width, const HtdTermOptions& options,
          std::uint64_t seed);

  std::string_view name() const override { return "htd"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;
  std::span<DenseParameter* const> parameters() override { return parameters_; }
  nlohmann::ordered_json Diagnostics() const override;

 private:
  // Both leave their weighted gradients with respect to the student's rows.
  double ComputeAssignment(std::span<const LatentRows::Part> parts, std::uint32_t step,
                           const Parallel& parallel);
  double ComputeTopology(std::size_t users, const Parallel& parallel);

  const Model* teacher_;
  HtdTermOptions options_;
  double temperature_;
  ExpertSide users_, items_;
  std::array<DenseParameter*, 12> parameters_;
  BatchEntities entities_;
  LatentRows rows_;  // the users', then the items'
  std::vector<std::uint32_t> group_of_;
  Matrix<float> student_prototypes_, teacher_prototypes_, topology_gradient_;
  HtdLoss<float> loss_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_HTD_TERM_H_
