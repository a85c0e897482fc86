// Starting a model from an earlier one, of users and items that have changed in the meantime.
#ifndef DERRD_TRAIN_WARM_START_H_
#define DERRD_TRAIN_WARM_START_H_

#include <cstddef>
#include <string>

#include "derrd/core/ids.h"
#include "derrd/models/model.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

struct WarmStartCounts {
  std::size_t taken = 0;  // in both
  std::size_t fresh = 0;  // only in the model that starts; they keep the rows they have
  std::size_t gone = 0;   // only in the earlier model
};

struct WarmStartReport {
  WarmStartCounts users, items;
};

// Gives every user and item that the earlier model knows by its id the rows it has there, and takes
// over the dense parameters. `path` names the earlier model in errors: UsageError when it is of
// another kind, width or number of layers, or holds only what answers (lightgcn, ials).
WarmStartReport WarmStart(const ModelFile& earlier, const std::string& path, const Ids& user_ids,
                          const Ids& item_ids, TrainableModel& student);

}  // namespace derrd

#endif  // DERRD_TRAIN_WARM_START_H_
