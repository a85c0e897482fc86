#include "derrd/train/rrd_term.h"

#include <algorithm>
#include <iterator>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"
#include "derrd/losses/rrd.h"

namespace derrd {
namespace {

constexpr std::size_t kUserGrain = 32;  // users a task samples or computes

}  // namespace

RrdTerm::RrdTerm(const Dataset& dataset, Rankings rankings, const RrdOptions& options,
                 std::uint64_t seed)
    : dataset_(&dataset),
      rankings_(std::move(rankings)),
      options_(options),
      seed_(seed),
      sorted_top_(rankings_.users(), rankings_.length()),
      sampled_(dataset.users(), list_size()) {
  std::ranges::copy(rankings_.matrix().elements(), sorted_top_.data());
  for (std::size_t u = 0; u < rankings_.users(); ++u) {
    std::sort(sorted_top_.row(u), sorted_top_.row(u) + sorted_top_.cols());
  }
  if (options.interesting > rankings_.length()) {
    Fail<UsageError>("--rrd-interesting {}: the teacher's rankings hold {} items a user; lower it",
                     options.interesting, rankings_.length());
  }
  for (std::size_t u = 0; u < dataset.users(); ++u) {
    const std::size_t left = dataset.items() - dataset.train().Of(u).size() - rankings_.length();
    if (options.uninteresting > left) {
      Fail<UsageError>(
          "--rrd-uninteresting {}: user '{}' has {} unobserved items outside the teacher's top {}; "
          "lower it or --rrd-top",
          options.uninteresting, dataset.user_ids()[u], left, rankings_.length());
    }
  }
}

void RrdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel& parallel) {
  const auto step = static_cast<std::uint64_t>(epoch);
  parallel.ForRanges(dataset_->users(), kUserGrain, [&](std::size_t begin, std::size_t end) {
    PositionSampler positions(rankings_.length(), options_.temperature);
    DistinctSampler items(dataset_->items());
    std::vector<std::int32_t> excluded;
    for (std::size_t u = begin; u < end; ++u) {
      const auto ranking = rankings_.Of(u);
      const std::span<std::int32_t> list(sampled_.row(u), list_size());
      if (options_.sample_interesting) {
        RandomStream stream(seed_, Role::kInteresting, step, u);
        const auto chosen = positions.Sample(options_.interesting, stream);
        std::ranges::transform(chosen, list.begin(), [&](std::int32_t p) {
          return ranking[static_cast<std::size_t>(p)];
        });
      } else {
        std::ranges::copy(ranking.first(options_.interesting), list.begin());
      }
      const std::span<const std::int32_t> top(sorted_top_.row(u), sorted_top_.cols());
      excluded.clear();
      std::ranges::merge(dataset_->train().Of(u), top, std::back_inserter(excluded));
      RandomStream stream(seed_, Role::kUninteresting, step, u);
      items.Sample(excluded, stream, list.subspan(options_.interesting));
    }
  });
}

void RrdTerm::SelectRows(const Batch& batch, EntitySet&, EntitySet& items) {
  for (const std::int32_t user : batch.distinct_users) {
    items.Add({sampled_.row(static_cast<std::size_t>(user)), list_size()});
  }
}

double RrdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const std::size_t users = batch.distinct_users.size(), size = list_size();
  offsets_.resize(users + 1);
  items_.resize(users * size);
  scores_.resize(users * size);
  gradients_.resize(users * size);
  for (std::size_t i = 0; i < users; ++i) {
    offsets_[i + 1] = offsets_[i] + static_cast<std::int64_t>(size);
    std::copy_n(sampled_.row(static_cast<std::size_t>(batch.distinct_users[i])), size,
                items_.data() + i * size);
  }
  const ScoreLists lists{batch.distinct_users, offsets_, items_};
  student.Scores(lists, scores_, parallel);
  std::vector<double> losses(users);
  const auto weight = static_cast<float>(options_.weight);
  parallel.ForRanges(users, kUserGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto scores = std::span<const float>(scores_).subspan(i * size, size);
      const auto gradients = std::span<float>(gradients_).subspan(i * size, size);
      losses[i] = RrdLoss<float>(
          scores.first(options_.interesting), scores.subspan(options_.interesting), weight,
          gradients.first(options_.interesting), gradients.subspan(options_.interesting));
    }
  });
  student.AddScoreGradients(lists, gradients_);
  return TreeSum(losses);
}

}  // namespace derrd
