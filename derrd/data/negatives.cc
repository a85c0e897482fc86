#include "derrd/data/negatives.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"

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

// The item that has `rank` unseen items before it.
std::int32_t UnseenAt(std::size_t rank, std::span<const std::int32_t> seen) {
  // seen[i] has seen[i] - i unseen items before it, which never falls with i.
  std::size_t low = 0;
  std::size_t high = seen.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (static_cast<std::size_t>(seen[middle]) - middle <= rank) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<std::int32_t>(rank + low);
}

// A uniform subset of `count` numbers below n, without rejection (Floyd; Bentley, "A sample of
// brilliance", CACM 1987). `taken` is all zero before and after.
void SampleSubset(RandomStream& stream, std::size_t n, std::size_t count,
                  std::vector<std::uint8_t>& taken, std::vector<std::size_t>& subset) {
  subset.clear();
  for (std::size_t j = n - count; j < n; ++j) {
    const std::size_t drawn = stream.Below(static_cast<std::uint32_t>(j + 1));
    const std::size_t chosen = taken[drawn] != 0 ? j : drawn;
    taken[chosen] = 1;
    subset.push_back(chosen);
  }
  for (const std::size_t chosen : subset) taken[chosen] = 0;
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
                                  std::size_t count, std::uint64_t seed) {
  CheckEnoughUnseen(splits, user_ids, items, count);
  OwnedInteractions result;
  result.items.reserve(user_ids.size() * count);
  std::vector<std::int32_t> seen;
  std::vector<std::uint8_t> taken(items, 0);
  std::vector<std::size_t> ranks;
  for (std::size_t u = 0; u < user_ids.size(); ++u) {
    CollectSeen(splits, u, seen);
    const std::size_t unseen = items - seen.size();
    RandomStream stream(seed, Role::kCandidates, 0, u);
    SampleSubset(stream, unseen, count, taken, ranks);
    std::sort(ranks.begin(), ranks.end());
    for (const std::size_t rank : ranks) result.items.push_back(UnseenAt(rank, seen));
    result.offsets.push_back(static_cast<std::int64_t>(result.items.size()));
  }
  return result;
}

}  // namespace derrd
