#include "derrd/train/batch.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"

namespace derrd {
namespace {

constexpr std::size_t kGrain = 256;  // interactions a task draws

}  // namespace

// Without a branch: whether one has come before, nobody can predict.
void EntitySet::Add(std::span<const std::int32_t> entities) {
  constexpr std::size_t kAhead = 64;  // entities whose words are asked for
  std::size_t count = members_.size();
  members_.resize(count + entities.size());
  for (std::size_t i = 0; i < entities.size(); ++i) {
    if (i + kAhead < entities.size()) hwy::Prefetch(&WordOf(entities[i + kAhead]));
    const std::int32_t entity = entities[i];
    std::uint64_t& word = WordOf(entity);
    members_[count] = entity;
    count += 1 - (word >> (entity % 64) & 1);
    word |= std::uint64_t{1} << (entity % 64);
  }
  members_.resize(count);
}

BatchSampler::BatchSampler(const Dataset& dataset, std::size_t batch_size, std::uint64_t seed,
                           std::size_t negatives_per_interaction)
    : dataset_(&dataset),
      batch_size_(batch_size),
      seed_(seed),
      negatives_per_interaction_(negatives_per_interaction),
      user_search_(dataset.train()),
      distinct_users_(dataset.users()),
      distinct_positives_(dataset.items()),
      distinct_negatives_(dataset.items()) {
  if (dataset.train().empty()) {
    Fail("{}: has no training interaction; import data with some", dataset.path());
  }
  for (std::size_t u = 0; u < dataset.users(); ++u) {
    if (dataset.train().Of(u).size() == dataset.items()) {
      Fail(
          "{}: user '{}' has interacted with every item, so no item is negative for it; import "
          "without that user",
          dataset.path(), dataset.user_ids()[u]);
    }
  }
}

// Every number lies elsewhere in memory, and where depends on the one before: all numbers of a kind
// are asked for before the first is read, so that their ways overlap.
void BatchSampler::ReadInteractions(std::span<const std::uint64_t> interactions, std::size_t at) {
  const Interactions& train = dataset_->train();
  for (const std::uint64_t interaction : interactions) {
    hwy::Prefetch(train.items.data() + interaction);
  }
  user_search_.Find(interactions, std::span(users_).subspan(at, interactions.size()));
  for (std::size_t i = 0; i < interactions.size(); ++i) {
    positives_[at + i] = train.items[interactions[i]];
  }
}

std::size_t BatchSampler::batches_per_epoch() const {
  return (dataset_->train().size() + batch_size_ - 1) / batch_size_;
}

const Batch& BatchSampler::Get(std::int32_t epoch, std::size_t index, const Parallel& parallel) {
  Begin(epoch, index);
  for (std::size_t half = 0; half < kHalves; ++half) DrawHalf(half, parallel);
  return Take();
}

void BatchSampler::Begin(std::int32_t epoch, std::size_t index) {
  first_ = index * batch_size_;
  const std::size_t count = std::min(batch_size_, dataset_->train().size() - first_);
  users_.resize(count);
  positives_.resize(count);
  negatives_.resize(count * negatives_per_interaction_);
  batch_ = {};
  batch_.epoch = epoch;
  batch_.step =
      static_cast<std::uint32_t>(static_cast<std::uint64_t>(epoch) * batches_per_epoch() + index);
}

void BatchSampler::DrawHalf(std::size_t half, const Parallel& parallel) {
  const std::size_t begin = users_.size() * half / kHalves;
  const std::size_t end = users_.size() * (half + 1) / kHalves;
  const RandomPermutation permutation(seed_, Role::kPermutation,
                                      static_cast<std::uint64_t>(batch_.epoch),
                                      dataset_->train().size());
  parallel.ForRanges(end - begin, kGrain, [&](std::size_t from, std::size_t to) {
    Draw(permutation, begin + from, begin + to);
  });
}

void BatchSampler::Draw(const RandomPermutation& permutation, std::size_t begin, std::size_t end) {
  std::array<std::uint64_t, kGrain> drawn;
  const std::span interactions = std::span(drawn).first(end - begin);
  permutation.Fill(first_ + begin, interactions);
  ReadInteractions(interactions, begin);
  DrawNegatives(interactions, begin);
}

void BatchSampler::DrawNegatives(std::span<const std::uint64_t> interactions, std::size_t at) {
  const std::size_t each = negatives_per_interaction_;
  const auto epoch = static_cast<std::uint64_t>(batch_.epoch);
  std::array<kernels::PhiloxBlock, kGrain> first;
  RandomStream::FirstDraws(seed_, Role::kNegative, epoch, interactions,
                           std::span(first).first(interactions.size()));
  std::array<std::span<const std::int32_t>, kGrain> observed;
  std::array<std::uint32_t, kGrain> ranks;
  std::size_t waiting = 0, next = at * each;
  const auto search = [&] {
    NthUnobserved(std::span(observed).first(waiting), dataset_->items(),
                  std::span(ranks).first(waiting), std::span(negatives_).subspan(next, waiting));
    next += std::exchange(waiting, 0);
  };
  for (std::size_t i = 0; i < interactions.size(); ++i) {
    RandomStream stream(seed_, Role::kNegative, epoch, interactions[i], first[i]);
    const auto items = dataset_->train().Of(static_cast<std::size_t>(users_[at + i]));
    const auto unobserved = static_cast<std::uint32_t>(dataset_->items() - items.size());
    for (std::size_t n = 0; n < each; ++n) {
      observed[waiting] = items;
      ranks[waiting] = stream.Below(unobserved);
      if (++waiting == kGrain) search();
    }
  }
  search();
}

const Batch& BatchSampler::Take() {
  const auto distinct = [](EntitySet& set, std::span<const std::int32_t> entities) {
    set.Clear();
    set.Add(entities);
    return set.members();
  };
  batch_.users = users_;
  batch_.positives = positives_;
  batch_.negatives = negatives_;
  batch_.distinct_users = distinct(distinct_users_, users_);
  batch_.distinct_positives = distinct(distinct_positives_, positives_);
  batch_.distinct_negatives = distinct(distinct_negatives_, negatives_);
  return batch_;
}

}  // namespace derrd
