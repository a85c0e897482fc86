#include "derrd/train/ranked_pairs.h"

namespace derrd {
namespace {

struct Pair {
  float weight, target;
};

Pair PairAt(std::size_t position, std::size_t length, const RankedPairOptions& options) {
  const double share = 1.0 - static_cast<double>(position) / static_cast<double>(length);
  return {static_cast<float>(options.weight * share), static_cast<float>(options.target * share)};
}

// Fills lists whose sizes are known: the next free place of every user.
class PairWriter {
 public:
  explicit PairWriter(WeightedLists& lists)
      : lists_(lists), next_(lists.lists.offsets.begin(), lists.lists.offsets.end() - 1) {}

  void Add(std::size_t user, std::int32_t item, const Pair& pair) {
    const auto at = static_cast<std::size_t>(next_[user]++);
    lists_.lists.items[at] = item;
    lists_.weights[at] = pair.weight;
    lists_.targets[at] = pair.target;
  }

 private:
  WeightedLists& lists_;
  std::vector<std::int64_t> next_;
};

// How many pairs each user will have.
std::vector<std::int64_t> OffsetsOf(const Interactions& train, const Interactions& items,
                                    const Interactions& users) {
  std::vector<std::int64_t> offsets(train.users() + 1, 0);
  for (std::size_t u = 0; u < train.users(); ++u) {
    offsets[u + 1] = static_cast<std::int64_t>(train.Of(u).size() + items.Of(u).size());
  }
  for (const std::int32_t user : users.items) ++offsets[static_cast<std::size_t>(user) + 1];
  for (std::size_t u = 0; u < train.users(); ++u) offsets[u + 1] += offsets[u];
  return offsets;
}

}  // namespace

WeightedLists PairsOfRankings(const Interactions& train, const Interactions& items,
                              const RankedPairOptions& item_options, const Interactions& users,
                              const RankedPairOptions& user_options) {
  WeightedLists lists;
  lists.lists.offsets = OffsetsOf(train, items, users);
  const auto pairs = static_cast<std::size_t>(lists.lists.offsets.back());
  lists.lists.items.resize(pairs);
  lists.weights.resize(pairs);
  lists.targets.resize(pairs);
  PairWriter writer(lists);
  for (std::size_t u = 0; u < train.users(); ++u) {
    for (const std::int32_t item : train.Of(u)) writer.Add(u, item, {1.0f, 1.0f});
    const auto ranked = items.Of(u);
    for (std::size_t r = 0; r < ranked.size(); ++r) {
      writer.Add(u, ranked[r], PairAt(r, ranked.size(), item_options));
    }
  }
  for (std::size_t i = 0; i < users.users(); ++i) {
    const auto ranked = users.Of(i);
    for (std::size_t r = 0; r < ranked.size(); ++r) {
      writer.Add(static_cast<std::size_t>(ranked[r]), static_cast<std::int32_t>(i),
                 PairAt(r, ranked.size(), user_options));
    }
  }
  return lists;
}

}  // namespace derrd
