// Full Topology Distillation as part of an objective, over the distinct users and items of the
// batch together.
#ifndef DERRD_TRAIN_FTD_TERM_H_
#define DERRD_TRAIN_FTD_TERM_H_

#include <string_view>

#include "derrd/losses/ftd.h"
#include "derrd/models/model.h"
#include "derrd/train/batch_entities.h"
#include "derrd/train/latent_rows.h"
#include "derrd/train/term.h"

namespace derrd {

struct FtdTermOptions {
  double weight = 1e-3;  // lambda_FTD, >= 0
};

class FtdTerm : public Term {
 public:
  // The teacher must outlive the term and have the student's users and items.
  FtdTerm(const Model& teacher, const FtdTermOptions& options);

  std::string_view name() const override { return "ftd"; }
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  const Model* teacher_;
  FtdTermOptions options_;
  BatchEntities entities_;
  LatentRows rows_;
  FtdLoss<float> loss_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_FTD_TERM_H_
