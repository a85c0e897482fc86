#include "derrd/data/negatives.h"

#include <algorithm>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"
#include "derrd/core/samplers.h"

namespace derrd {
namespace {

// The items of all splits of a user, ascending.
void CollectSeen(const Splits& splits, std::size_t user, std::vector<std::int32_t>& seen) {
  seen.clear();
  for (const OwnedInteractions* split : {&splits.train, &splits.valid, &splits.test}) {
    const auto items = split->view().Of(user);
    seen.insert(seen.end(), items.begin(), items.end());
  }
  std::sort(seen.begin(), seen.end());
}

void CheckEnoughUnseen(const Splits& splits, const Ids& user_ids, std::size_t items,
                       std::size_t count) {
  std::size_t fewest = items;
  std::size_t user = 0;
  for (std::size_t u = 0; u < user_ids.size(); ++u) {
    const std::size_t unseen = items - splits.train.view().Of(u).size() -
                               splits.valid.view().Of(u).size() - splits.test.view().Of(u).size();
    if (unseen < fewest) {
      fewest = unseen;
      user = u;
    }
  }
  if (fewest >= count) return;
  const std::string fewer = fewest > 0 ? fmt::format("--negatives {}, or ", fewest) : "";
  Fail(
      "{} sampled negatives are asked for and user '{}' has only {} items without an interaction; "
      "give {}--negatives 0 to rank all items",
      count, user_ids[user], fewest, fewer);
}

}  // namespace

OwnedInteractions SampleNegatives(const Splits& splits, const Ids& user_ids, std::size_t items,
                                  std::size_t count, std::uint64_t seed, const Parallel& parallel) {
  constexpr std::size_t kUsersATask = 4096;
  CheckEnoughUnseen(splits, user_ids, items, count);
  OwnedInteractions result;
  for (std::size_t u = 1; u <= user_ids.size(); ++u) {
    result.offsets.push_back(static_cast<std::int64_t>(u * count));
  }
  result.items.resize(user_ids.size() * count);
  parallel.ForRanges(user_ids.size(), kUsersATask, [&](std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> seen;
    DistinctSampler sampler(items);
    for (std::size_t u = begin; u < end; ++u) {
      CollectSeen(splits, u, seen);
      RandomStream stream(seed, Role::kCandidates, 0, u);
      const auto negatives = std::span(result.items).subspan(u * count, count);
      sampler.Sample(seen, stream, negatives);
      std::ranges::sort(negatives);
    }
  });
  return result;
}

}  // namespace derrd
