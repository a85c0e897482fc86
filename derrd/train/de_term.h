// Distillation Experts as part of an objective: separate experts for users and for items, over the
// distinct users, positives and negatives of the batch:
//   L = L_users + (L_positives + L_negatives) / 2
#ifndef DERRD_TRAIN_DE_TERM_H_
#define DERRD_TRAIN_DE_TERM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "derrd/losses/de.h"
#include "derrd/models/model.h"
#include "derrd/train/term.h"

namespace derrd {

struct DeTermOptions {
  double weight = 0.01;                // lambda_DE, >= 0
  std::size_t experts = 30;            // M >= 1, a side
  double initial_temperature = 1.0;    // tau_0 >= 1e-30
  double final_temperature = 1e-10;    // tau_P >= 1e-30, from epoch P on
  double temperature_epochs = 1000.0;  // P > 0
  double routing_tolerance = 0.03;     // in [0, 1/2); 0 computes every expert for every row
};

// tau(e) = tau_0 (tau_P / tau_0)^min(1, e / P), at epoch e from 0 (DE-RRD, CIKM 2020,
// section 3.1.3; the paper's runs end at P).
double Temperature(const DeTermOptions& options, std::int32_t epoch);

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
  // The experts of one side and what a step needs of it.
  struct ExpertSide {
    ExpertSide(const ExpertShape& shape, std::uint64_t seed, std::uint64_t number);
    ExpertTensors<const float> Values() const;
    ExpertTensors<float> Gradients();

    DenseParameter first, first_bias, second, second_bias, selection, selection_bias;
    DeLoss<float> loss;
    Matrix<float> student, teacher, gumbel, student_gradient;
    std::vector<float> row_weights;
    double routed = 0.0, rows = 0.0;  // over the epoch
    std::vector<std::size_t> chosen;  // rows that chose each expert, over the epoch
  };
  // Rows of one role within a side's batch.
  struct Part {
    std::span<const std::int32_t> entities;
    Role role;
    double weight;
  };
  // The loss of one side; leaves its gradients in `experts`.
  double ComputeSide(ExpertSide& experts, Side side, std::span<const Part> parts,
                     std::uint32_t step, const TrainableModel& student, const Parallel& parallel);
  static void AddGradients(const ExpertSide& experts, Side side, std::span<const Part> parts,
                           TrainableModel& student);

  const Model* teacher_;
  DeTermOptions options_;
  std::uint64_t seed_;
  double temperature_;
  ExpertSide users_, items_;
  std::array<DenseParameter*, 12> parameters_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_DE_TERM_H_
