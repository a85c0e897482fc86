#include "derrd/train/relaxed_lists.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"
#include "derrd/losses/rrd.h"

namespace derrd {
namespace {

constexpr std::size_t kSampledGrain = 32;  // entities a task samples for

}  // namespace

RelaxedLists::RelaxedLists(const Interactions& observed, std::size_t candidates, Rankings rankings,
                           const RelaxedListOptions& options, const RelaxedListNames& names)
    : observed_(observed),
      candidates_(candidates),
      rankings_(std::move(rankings)),
      options_(options),
      sorted_top_(rankings_.users(), rankings_.length()),
      lists_(observed.users(), options.interesting + options.uninteresting) {
  std::ranges::copy(rankings_.matrix().elements(), sorted_top_.data());
  for (std::size_t e = 0; e < rankings_.users(); ++e) {
    std::sort(sorted_top_.row(e), sorted_top_.row(e) + sorted_top_.cols());
  }
  if (options.interesting > rankings_.length()) {
    const std::size_t busiest = observed.Busiest();
    Fail<UsageError>(
        "--{}-interesting {}: the teacher's rankings hold {} {} for each {}, and {} '{}' has {} of "
        "{} in training; lower it",
        names.flags, options.interesting, rankings_.length(), names.candidates, names.entity,
        names.entity, names.ids[busiest], observed.Of(busiest).size(), candidates);
  }
  CheckEnoughLeft(names);
}

// Whoever has the most in training has the fewest left.
void RelaxedLists::CheckEnoughLeft(const RelaxedListNames& names) const {
  if (observed_.users() == 0) return;
  const std::size_t busiest = observed_.Busiest();
  const std::size_t unobserved = candidates_ - observed_.Of(busiest).size();
  const std::size_t left = unobserved - rankings_.length();
  if (options_.uninteresting <= left) return;
  const bool fits = options_.interesting + options_.uninteresting <= unobserved;
  Fail<UsageError>(
      "--{}-uninteresting {}: {} '{}' has {} unobserved {} outside the teacher's top {}, the "
      "fewest of all; {}",
      names.flags, options_.uninteresting, names.entity, names.ids[busiest], left, names.candidates,
      rankings_.length(),
      fits ? fmt::format("give --{}-top {} or less", names.flags,
                         unobserved - options_.uninteresting)
           : fmt::format("with --{0}-interesting it may be {1} together, so lower both, and "
                         "--{0}-top",
                         names.flags, unobserved));
}

void RelaxedLists::Sample(std::uint64_t seed, std::uint64_t step, Role interesting,
                          Role uninteresting, const Parallel& parallel) {
  parallel.ForRanges(lists_.rows(), kSampledGrain, [&](std::size_t begin, std::size_t end) {
    PositionSampler positions(rankings_.length(), options_.temperature);
    DistinctSampler others(candidates_);
    std::vector<std::int32_t> excluded;
    for (std::size_t e = begin; e < end; ++e) {
      const auto ranking = rankings_.Of(e);
      const std::span<std::int32_t> list(lists_.row(e), lists_.cols());
      if (options_.sample_interesting) {
        RandomStream stream(seed, interesting, step, e);
        const auto chosen = positions.Sample(options_.interesting, stream);
        std::ranges::transform(chosen, list.begin(), [&](std::int32_t p) {
          return ranking[static_cast<std::size_t>(p)];
        });
      } else {
        std::ranges::copy(ranking.first(options_.interesting), list.begin());
      }
      const std::span<const std::int32_t> top(sorted_top_.row(e), sorted_top_.cols());
      excluded.clear();
      std::ranges::merge(observed_.Of(e), top, std::back_inserter(excluded));
      RandomStream stream(seed, uninteresting, step, e);
      others.Sample(excluded, stream, list.subspan(options_.interesting));
    }
  });
}

double RelaxedLists::Step(Side side, std::span<const std::int32_t> entities,
                          TrainableModel& student, const Parallel& parallel) {
  const std::size_t first = options_.interesting;
  return step_.Run(side, entities, lists_, student, parallel,
                   [&](std::size_t, std::span<const float> scores, std::span<float> gradient) {
                     return RrdLoss<float>(scores.first(first), scores.subspan(first),
                                           static_cast<float>(options_.weight),
                                           gradient.first(first), gradient.subspan(first));
                   });
}

}  // namespace derrd
