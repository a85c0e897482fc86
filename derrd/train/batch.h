// What a training step is about.
#ifndef DERRD_TRAIN_BATCH_H_
#define DERRD_TRAIN_BATCH_H_

#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/core/random.h"
#include "derrd/core/user_search.h"
#include "derrd/data/dataset.h"

namespace derrd {

// A set of entities in the order in which they came. Adding is O(1), clearing O(members).
class EntitySet {
 public:
  explicit EntitySet(std::size_t entities) : present_((entities + 63) / 64, 0) {}

  void Add(std::int32_t entity) {
    std::uint64_t& word = WordOf(entity);
    const std::uint64_t bit = std::uint64_t{1} << (entity % 64);
    if ((word & bit) == 0) members_.push_back(entity);
    word |= bit;
  }
  void Add(std::span<const std::int32_t> entities);  // not of this set's own members
  void Clear() {
    for (const std::int32_t entity : members_) WordOf(entity) = 0;
    members_.clear();
  }
  std::span<const std::int32_t> members() const { return members_; }

 private:
  std::uint64_t& WordOf(std::int32_t entity) {
    return present_[static_cast<std::size_t>(entity) / 64];
  }

  std::vector<std::uint64_t> present_;  // a bit an entity: of millions they stay in the cache
  std::vector<std::int32_t> members_;
};

// One step's interactions with as many negative items each, and the distinct entities among them.
// Views into the BatchSampler, valid until its next batch.
struct Batch {
  std::int32_t epoch;                              // from 0
  std::uint32_t step;                              // from 0, over the whole run
  std::span<const std::int32_t> users, positives;  // one each per interaction
  std::span<const std::int32_t> negatives;  // those of the first interaction, of the second, ...
  std::span<const std::int32_t> distinct_users, distinct_positives, distinct_negatives;
};

// Cuts every epoch's permutation of the training interactions into batches and draws uniform
// unobserved negatives for each interaction, independent of each other, anew each epoch. No memory
// but the batch's: permutation and negatives are computed when asked for.
class BatchSampler {
 public:
  // Error when a user has interacted with every item (there is no negative), or no interaction.
  BatchSampler(const Dataset& dataset, std::size_t batch_size, std::uint64_t seed,
               std::size_t negatives_per_interaction = 1);

  std::size_t batches_per_epoch() const;
  // Batch `index` of epoch `epoch`, in any order of calls.
  const Batch& Get(std::int32_t epoch, std::size_t index, const Parallel& parallel);

  // The same in parts, of which each fits beside other work: Begin, both halves in any order, Take.
  static constexpr std::size_t kHalves = 2;
  void Begin(std::int32_t epoch, std::size_t index);
  void DrawHalf(std::size_t half, const Parallel& parallel);
  const Batch& Take();

 private:
  // Interactions [begin, end) of the batch.
  void Draw(const RandomPermutation& permutation, std::size_t begin, std::size_t end);
  // Users and positives [at, at + interactions.size()) of the batch.
  void ReadInteractions(std::span<const std::uint64_t> interactions, std::size_t at);
  // The negatives of those.
  void DrawNegatives(std::span<const std::uint64_t> interactions, std::size_t at);

  const Dataset* dataset_;
  std::size_t batch_size_;
  std::uint64_t seed_;
  std::size_t negatives_per_interaction_;
  UserSearch user_search_;
  std::vector<std::int32_t> users_, positives_, negatives_;
  std::size_t first_ = 0;  // of the batch's interactions in the permutation
  EntitySet distinct_users_, distinct_positives_, distinct_negatives_;
  Batch batch_{};
};

}  // namespace derrd

#endif  // DERRD_TRAIN_BATCH_H_
