// Hint regression as part of an objective: a projector for users and one for items, over the
// distinct users, positives and negatives of the batch, weighted as Distillation Experts weighs
// them:
//   L = L_users + (L_positives + L_negatives) / 2
#ifndef DERRD_TRAIN_HINT_TERM_H_
#define DERRD_TRAIN_HINT_TERM_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/losses/hint.h"
#include "derrd/models/model.h"
#include "derrd/train/latent_rows.h"
#include "derrd/train/term.h"

namespace derrd {

struct HintTermOptions {
  double weight = 0.01;  // lambda_HINT, >= 0
};

class HintTerm : public Term {
 public:
  // The teacher must outlive the term and have the student's users and items.
  HintTerm(const Model& teacher, std::size_t student_width, const HintTermOptions& options,
           std::uint64_t seed);

  std::string_view name() const override { return "hint"; }
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;
  std::span<DenseParameter* const> parameters() override { return parameters_; }

 private:
  // A projector, its loss and the rows of a step.
  struct ProjectorSide {
    ProjectorSide(const std::string& prefix, std::size_t student_width, std::size_t hidden_width,
                  std::size_t teacher_width, std::uint64_t seed, std::uint64_t number);

    DenseParameter first, first_bias, second, second_bias;
    HintLoss<float> loss;
    LatentRows rows;
    std::vector<float> row_weights;
  };
  double ComputeSide(ProjectorSide& side, std::span<const LatentRows::Part> parts, float row_weight,
                     TrainableModel& student, const Parallel& parallel) const;

  const Model* teacher_;
  HintTermOptions options_;
  ProjectorSide users_, items_;
  std::array<DenseParameter*, 8> parameters_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_HINT_TERM_H_
