// One summand of an objective, e.g. lambda * L_RRD: it asks the student for scores or
// representations, hands them to a loss, and gives the student the loss's gradient. An objective is
// a list of terms, so any methods combine and any of them distils any model.
#ifndef DERRD_TRAIN_TERM_H_
#define DERRD_TRAIN_TERM_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"
#include "derrd/models/trainable_model.h"
#include "derrd/train/batch.h"

namespace derrd {

// One summand of an objective. What a term is made of by reference (a data set, a teacher,
// rankings) must outlive it.
class Term {
 public:
  virtual ~Term() = default;

  virtual std::string_view name() const = 0;  // in logs: "bpr", "de", "rrd"

  // Before the first batch of an epoch (from 0): resampling, also from what the student knows by
  // now, and schedules.
  virtual void BeginEpoch(std::int32_t /*epoch*/, const TrainableModel& /*student*/,
                          const Parallel&) {}
  // Names the entities that the step will read beyond the batch's own. Its Step() follows, with no
  // other batch between them.
  virtual void SelectRows(const Batch&, EntitySet& /*users*/, EntitySet& /*items*/) {}
  // Returns the loss before its weight and adds the weighted gradient to the student and to the
  // term's own parameters.
  virtual double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) = 0;
  // What the term learns itself; the optimizer moves it at every step. Names begin with the term's
  // and are unique: "de/user/first".
  virtual std::span<DenseParameter* const> parameters() { return {}; }
  // What the term remembers from epoch to epoch that neither the seed nor the parameters tell:
  // checkpoints keep it. The views stay valid, the shapes are those of a new term, and a restored
  // term goes on from the values as BeginEpoch next finds them. Names as above.
  virtual std::vector<NamedMatrix> State() { return {}; }
  // What is worth knowing of the last epoch, for the log.
  virtual nlohmann::ordered_json Diagnostics() const { return nullptr; }
};

}  // namespace derrd

#endif  // DERRD_TRAIN_TERM_H_
