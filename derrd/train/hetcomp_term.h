// HetComp as part of an objective: each user learns from the teacher as it was early in its own
// training, and moves on to a later and harder ranking whenever it has come near enough; when all
// have arrived at the last, the fine order is taught instead of the overall relations. It is meant
// to be the whole objective, without a base loss.
#ifndef DERRD_TRAIN_HETCOMP_TERM_H_
#define DERRD_TRAIN_HETCOMP_TERM_H_

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/samplers.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/train/list_step.h"
#include "derrd/train/term.h"

namespace derrd {

// The teacher's rankings along its training.
struct TeacherTrajectory {
  std::vector<Rankings> unobserved;  // the earliest first, the finished teacher last; all of the
                                     // same length K, at least one of them
  OwnedInteractions observed;        // of the finished teacher; K / 10 a user, or what there is
};

struct HetCompOptions {
  double weight = 0.01;           // lambda of the overall relations, >= 0
  double ranking_weight = 0.005;  // lambda of the fine order, >= 0
  double alpha = 1.05;            // > 0: a lower one lets users move on sooner
  std::int32_t period = 10;       // p >= 1: epochs between two looks at the student
  std::size_t depth = 50;         // k >= 1: how much of the rankings the looks compare, cut to K
  // Items a step draws, of all, to stand for those outside the lists; 0: all of them, exactly.
  std::size_t rest = 1000;
};

class HetCompTerm : public Term {
 public:
  // Error when the rankings differ in length or users.
  HetCompTerm(const Dataset& dataset, TeacherTrajectory trajectory, const HetCompOptions& options,
              std::uint64_t seed);

  std::string_view name() const override { return "hetcomp"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;
  std::vector<NamedMatrix> State() override;
  nlohmann::ordered_json Diagnostics() const override;

 private:
  std::size_t last_stage() const { return trajectory_.unobserved.size() - 1; }
  std::size_t StageOf(std::size_t user) const {
    return std::min(static_cast<std::size_t>(progress_(user, 0)), last_stage());
  }
  std::span<const std::int32_t> TopOf(std::size_t user) const {
    return trajectory_.unobserved[StageOf(user)].Of(user);
  }
  double MeanStage() const;
  double DiscrepancyFrom(std::size_t stage, std::size_t user,
                         std::span<const std::int32_t> student) const;
  void MoveOn(std::size_t user, std::span<const std::int32_t> student, double threshold);
  void Fill(const Batch& batch, const Parallel& parallel);

  const Dataset* dataset_;
  TeacherTrajectory trajectory_;
  HetCompOptions options_;
  std::uint64_t seed_;
  // A row for each user: its stage of the trajectory, from 0, and its discrepancy from the next one
  // when it last moved; -1 before the first look.
  Matrix<float> progress_;
  bool ranking_ = false;  // all have arrived
  DistinctSampler sampler_;
  std::vector<std::int32_t> rest_;  // of the step, ascending
  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> items_;
  ListStep step_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_HETCOMP_TERM_H_
