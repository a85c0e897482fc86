// The distinct users and items of a batch, as one list a side.
#ifndef DERRD_TRAIN_BATCH_ENTITIES_H_
#define DERRD_TRAIN_BATCH_ENTITIES_H_

#include <array>
#include <cstddef>

#include "derrd/train/batch.h"
#include "derrd/train/latent_rows.h"

namespace derrd {

// For terms that do not tell positive from negative items.
class BatchEntities {
 public:
  explicit BatchEntities(std::size_t items) : items_(items) {}

  // Users first. Valid until the next call and the batch's end.
  std::array<LatentRows::Part, 2> Of(const Batch& batch) {
    items_.Clear();
    items_.Add(batch.distinct_positives);
    items_.Add(batch.distinct_negatives);
    return {{{Side::kUser, batch.distinct_users}, {Side::kItem, items_.members()}}};
  }

 private:
  EntitySet items_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_BATCH_ENTITIES_H_
