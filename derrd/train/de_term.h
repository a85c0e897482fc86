// Distillation Experts as part of an objective: separate experts for users and for items, over the
// distinct users, positives and negatives of the batch:
//   L = L_users + (L_positives + L_negatives) / 2
#ifndef DERRD_TRAIN_DE_TERM_H_
#define DERRD_TRAIN_DE_TERM_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "derrd/losses/de.h"
#include "derrd/models/model.h"
#include "derrd/train/expert_side.h"
#include "derrd/train/latent_rows.h"
#include "derrd/train/term.h"

namespace derrd {

struct DeTermOptions {
  double weight = 0.01;      // lambda_DE, >= 0
  std::size_t experts = 30;  // M >= 1, a side
  Annealing temperature;
  double routing_tolerance = 0.03;  // in [0, 1/2); 0 computes every expert for every row
};

class DeTerm : public Term {
 public:
  // The teacher must outlive the term and have the student's users and items.
  DeTerm(const Model& teacher, std::size_t student_width, const DeTermOptions& options,
         std::uint64_t seed);

  std::string_view name() const override { return "de"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;
  std::span<DenseParameter* const> parameters() override { return parameters_; }
  nlohmann::ordered_json Diagnostics() const override;

 private:
  // The loss of one side; leaves its gradients in `experts` and `rows`.
  double ComputeSide(ExpertSide& experts, LatentRows& rows, Side side,
                     std::span<const ExpertSide::Part> parts, std::uint32_t step,
                     const TrainableModel& student, const Parallel& parallel) const;

  const Model* teacher_;
  DeTermOptions options_;
  double temperature_;
  ExpertSide users_, items_;
  LatentRows user_rows_, item_rows_;
  std::array<DenseParameter*, 12> parameters_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_DE_TERM_H_
