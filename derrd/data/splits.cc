#include "derrd/data/splits.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"

namespace derrd {
namespace {

struct HeldOut {
  std::size_t valid, test;
};

std::size_t Share(std::size_t n, double share) {
  // The small term keeps 15 * 0.1, which is a little less than 1.5, from rounding down.
  return static_cast<std::size_t>(std::floor(static_cast<double>(n) * share + 0.5 + 1e-9));
}

HeldOut HeldOutOf(std::size_t n, const SplitOptions& options) {
  if (options.kind == SplitKind::kLeaveOneOut) return {1, 1};
  const std::size_t most = n > 0 ? n - 1 : 0;
  const std::size_t test = std::min(Share(n, options.ratio[2]), most);
  return {std::min(Share(n, options.ratio[1]), most - test), test};
}

// Draws the last `count` places of a random order; the rest stays in any order.
void ShuffleEnd(RandomStream stream, std::size_t count, std::vector<std::int32_t>& items) {
  for (std::size_t i = items.size(); i > items.size() - count; --i) {
    std::swap(items[i - 1], items[stream.Below(static_cast<std::uint32_t>(i))]);
  }
}

// Puts the items to hold out last, drawn from the seed and the user's number alone.
void DrawHeldOut(std::size_t user, const SplitOptions& options, std::vector<std::int32_t>& items) {
  std::sort(items.begin(), items.end());  // so that the order they came in does not matter
  const HeldOut held_out = HeldOutOf(items.size(), options);
  ShuffleEnd(RandomStream(options.seed, Role::kSplit, 0, user), held_out.valid + held_out.test,
             items);
}

// The items of a user of a log, those to hold out last.
void OrderItems(const InteractionLog& log, std::span<const std::size_t> rows, std::size_t user,
                const SplitOptions& options, std::vector<std::int32_t>& items) {
  std::vector<std::size_t> order(rows.begin(), rows.end());
  if (options.order == SplitOrder::kTime) {
    std::ranges::stable_sort(order, {}, [&](std::size_t row) { return log.times[row]; });
  }
  items.clear();
  for (const std::size_t row : order) items.push_back(log.items[row]);
  if (options.order == SplitOrder::kRandom) DrawHeldOut(user, options, items);
}

// Takes the next items as this user's part of a split.
void TakePart(std::span<const std::int32_t>& items, std::size_t user, OwnedInteractions& split) {
  const auto begin = split.items.begin() + split.offsets[user];
  const auto count = static_cast<std::size_t>(split.offsets[user + 1] - split.offsets[user]);
  std::ranges::copy(items.first(count), begin);
  std::sort(begin, begin + static_cast<std::ptrdiff_t>(count));
  items = items.subspan(count);
}

// `grouped` has users() and Of(user), which has a size.
template <typename Grouped>
void CheckLeaveOneOut(const Grouped& grouped, const Ids& user_ids) {
  std::size_t few = 0;
  std::size_t first = 0;
  for (std::size_t u = grouped.users(); u-- > 0;) {
    if (grouped.Of(u).size() >= kLeastForLeaveOneOut) continue;
    ++few;
    first = u;
  }
  if (few == 0) return;
  Fail(
      "leave-one-out needs {} interactions of every user and {} of {} users have fewer, the first "
      "of them user '{}' with {}; drop them with --min-user {}",
      kLeastForLeaveOneOut, few, grouped.users(), user_ids[first], grouped.Of(first).size(),
      kLeastForLeaveOneOut);
}

// How many items each user has in each split is known from `grouped` alone, so every user's place
// is known before any is split, and users are split at the same time. order(user, items) gives a
// user's items, those to hold out last.
template <typename Grouped, typename Order>
Splits SplitUsers(const Grouped& grouped, const Ids& user_ids, const SplitOptions& options,
                  const Parallel& parallel, const Order& order) {
  constexpr std::size_t kUsersATask = 1024;
  if (options.kind == SplitKind::kLeaveOneOut) CheckLeaveOneOut(grouped, user_ids);
  Splits splits;
  const auto extend = [](OwnedInteractions& split, std::size_t count) {
    split.offsets.push_back(split.offsets.back() + static_cast<std::int64_t>(count));
  };
  for (std::size_t u = 0; u < grouped.users(); ++u) {
    const std::size_t n = grouped.Of(u).size();
    const HeldOut held_out = HeldOutOf(n, options);
    extend(splits.train, n - held_out.valid - held_out.test);
    extend(splits.valid, held_out.valid);
    extend(splits.test, held_out.test);
  }
  for (OwnedInteractions* split : {&splits.train, &splits.valid, &splits.test}) {
    split->items.resize(static_cast<std::size_t>(split->offsets.back()));
  }
  parallel.ForRanges(grouped.users(), kUsersATask, [&](std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> items;
    for (std::size_t u = begin; u < end; ++u) {
      order(u, items);
      std::span<const std::int32_t> left(items);
      for (OwnedInteractions* split : {&splits.train, &splits.valid, &splits.test}) {
        TakePart(left, u, *split);
      }
    }
  });
  return splits;
}

}  // namespace

std::string_view Name(SplitKind kind) {
  return kind == SplitKind::kLeaveOneOut ? "leave-one-out" : "ratio";
}

std::string_view Name(SplitOrder order) {
  switch (order) {
    case SplitOrder::kRandom:
      return "random";
    case SplitOrder::kTime:
      return "time";
    case SplitOrder::kFile:
      return "file";
  }
  return "";
}

std::array<double, 3> ParseRatio(std::string_view text) {
  std::array<double, 3> ratio{};
  const char* at = text.data();
  const char* const end = at + text.size();
  bool valid = true;
  for (std::size_t i = 0; i < ratio.size() && valid; ++i) {
    if (i > 0) valid = at != end && *at++ == ',';
    const auto [stop, error] = std::from_chars(at, end, ratio[i]);
    valid = valid && error == std::errc() && ratio[i] >= 0 && ratio[i] <= 1;
    at = stop;
  }
  valid = valid && at == end && ratio[0] > 0 && std::abs(ratio[0] + ratio[1] + ratio[2] - 1) < 1e-6;
  if (!valid) {
    Fail<UsageError>(
        "--ratio '{}' is not three shares that sum to 1 with some for training; give for example "
        "--ratio 0.8,0.1,0.1",
        text);
  }
  return ratio;
}

Splits SplitInteractions(const InteractionLog& log, const Ids& user_ids,
                         const SplitOptions& options, const Parallel& parallel) {
  if (options.order == SplitOrder::kTime && !log.empty() && !log.has_times()) {
    Fail(
        "the files have no time column and the split is by time; name it with --time, or give "
        "--order random");
  }
  const RowsByUser grouped = GroupByUser(log, user_ids.size());
  return SplitUsers(grouped, user_ids, options, parallel,
                    [&](std::size_t user, std::vector<std::int32_t>& items) {
                      OrderItems(log, grouped.Of(user), user, options, items);
                    });
}

Splits SplitAtRandom(const Interactions& all, const Ids& user_ids, const SplitOptions& options,
                     const Parallel& parallel) {
  return SplitUsers(all, user_ids, options, parallel,
                    [&](std::size_t user, std::vector<std::int32_t>& items) {
                      const auto of_user = all.Of(user);
                      items.assign(of_user.begin(), of_user.end());
                      DrawHeldOut(user, options, items);
                    });
}

}  // namespace derrd
