// RCE-KD as part of an objective: before each epoch it takes the student's present top items, draws
// from them those that stand close to the teacher's, and applies RceKdLoss for the user of every
// interaction of the batch. Training items are not left out of any list.
#ifndef DERRD_TRAIN_RCE_KD_TERM_H_
#define DERRD_TRAIN_RCE_KD_TERM_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/random.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/models/model.h"
#include "derrd/train/list_step.h"
#include "derrd/train/term.h"

namespace derrd {

struct RceKdOptions {
  double weight = 500.0;               // lambda, >= 0
  std::size_t top = 50;                // K >= 1: length of the teacher's and of the student's top
  std::size_t drawn = 50;              // L >= 1: items drawn from the student's top `pool`
  std::size_t pool = 200;              // N, at least K and L
  double sampling_temperature = 10.0;  // T > 0
  double beta = 3.0;                   // >= 0: a higher one trusts the teacher's own top less
  double temperature = 1.0;            // tau > 0, of the scores
};

class RceKdTerm : public Term {
 public:
  // teacher: must outlive the term and have the student's users and items. top: its top K of all
  // items (RankAllItems). Error when there are fewer than K, or fewer items than N.
  RceKdTerm(const Dataset& dataset, const Model& teacher, Rankings top, const RceKdOptions& options,
            std::uint64_t seed);

  std::string_view name() const override { return "rce-kd"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;
  nlohmann::ordered_json Diagnostics() const override;

 private:
  void Resample(std::size_t user, std::span<const std::int32_t> pool, RandomStream stream);
  std::span<const std::int32_t> ListOf(std::size_t user) const {
    return {lists_.row(user), sizes_[user]};
  }

  const Dataset* dataset_;
  const Model* teacher_;
  Rankings top_;
  RceKdOptions options_;
  std::uint64_t seed_;
  // A row for each user: the student's top K, the L drawn, and up to K of the teacher's that are in
  // neither; and the teacher's scores of them.
  Matrix<std::int32_t> lists_;
  Matrix<float> teacher_scores_;
  std::vector<std::size_t> sizes_;     // of the rows
  std::vector<double> overlaps_;       // the share of the teacher's top that was drawn
  std::vector<std::uint32_t> counts_;  // interactions of each user in the batch; 0 between steps
  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> items_;
  ListStep step_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_RCE_KD_TERM_H_
