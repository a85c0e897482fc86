#include "derrd/train/cd_term.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"
#include "derrd/eval/top_k.h"
#include "derrd/losses/cd.h"

namespace derrd {
namespace {

constexpr std::size_t kGuidedGrain = 32;  // users a task samples for

}  // namespace

// With p_k the probability of a position, S_k that of it or a later one and r = p_{k+1} / p_k, the
// better of two is k with probability S_k^2 - S_{k+1}^2 = p_k^2 (g_k + r g_{k+1}), where
// g_k = S_k / p_k = 1 + r g_{k+1}. So nothing underflows, however fast p falls.
std::vector<float> BetterOfTwoLogWeights(std::size_t length, double step) {
  const double ratio = std::exp(-step);
  std::vector<float> log_weights(length);
  double behind = 0.0;  // g_{k+1}
  for (std::size_t k = length; k-- > 0;) {
    const double at = 1.0 + ratio * behind;
    log_weights[k] =
        static_cast<float>(std::log(at + ratio * behind) - 2.0 * step * static_cast<double>(k));
    behind = at;
  }
  return log_weights;
}

CdTerm::CdTerm(const Dataset& dataset, const Model& teacher, OwnedInteractions rankings,
               const CdOptions& options, std::uint64_t seed)
    : dataset_(&dataset),
      teacher_(&teacher),
      rankings_(std::move(rankings)),
      options_(options),
      seed_(seed),
      lists_(dataset.users(), options.items),
      targets_(dataset.users(), options.items) {
  const Interactions& train = dataset.train();
  const std::size_t fewest =
      std::min(options.top, dataset.items() - train.Of(train.Busiest()).size());
  if (options.items > fewest) {
    Fail<UsageError>(
        "--cd-items {}: the {}'s rankings hold {} items for each user{}", options.items,
        options.guide == CdGuide::kTeacher ? "teacher" : "student", fewest,
        fewest == options.top ? "; lower it or raise --cd-top"
                              : ", as " + BusiestUser(dataset) +
                                    (fewest == 0 ? "; import without that user" : "; lower it"));
  }
  const std::size_t length = std::min(options.top, dataset.items());
  log_weights_ = BetterOfTwoLogWeights(length, options.rank_decay / static_cast<double>(length));
}

template <typename ItemAt>
void CdTerm::SampleFor(std::size_t user, std::int32_t epoch, PositionSampler& positions,
                       std::size_t length, const ItemAt& item_at) {
  RandomStream stream(seed_, Role::kDistilled, static_cast<std::uint64_t>(epoch), user);
  const std::span<std::int32_t> list(lists_.row(user), options_.items);
  const std::span<float> targets(targets_.row(user), options_.items);
  const auto take = [&](PositionSampler& sampler) {
    std::ranges::transform(sampler.Sample(options_.items, stream), list.begin(),
                           [&](std::int32_t p) { return item_at(static_cast<std::size_t>(p)); });
  };
  if (length == log_weights_.size()) {
    take(positions);
  } else {  // the better of two of fewer
    PositionSampler fewer(BetterOfTwoLogWeights(length, step()));
    take(fewer);
  }
  teacher_->ScoreItems(static_cast<std::int32_t>(user), list, targets);
  CdTargets(options_.temperature, options_.bias, targets);
}

void CdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                        const Parallel& parallel) {
  if (options_.guide == CdGuide::kTeacher) {
    parallel.ForRanges(dataset_->users(), kGuidedGrain, [&](std::size_t begin, std::size_t end) {
      PositionSampler positions(log_weights_);
      for (std::size_t u = begin; u < end; ++u) {
        const std::span<const std::int32_t> ranking = rankings_.view().Of(u);
        SampleFor(u, epoch, positions, ranking.size(),
                  [ranking](std::size_t p) { return ranking[p]; });
      }
    });
    return;
  }
  ForEachTopK(student, dataset_->train(), log_weights_.size(), NamesOf(*dataset_), parallel,
              [&](std::int32_t user, std::span<const ScoredItem> best) {
                PositionSampler positions(log_weights_);
                SampleFor(static_cast<std::size_t>(user), epoch, positions, best.size(),
                          [best](std::size_t p) { return best[p].item; });
              });
}

void CdTerm::SelectRows(const Batch& batch, EntitySet&, EntitySet& items) {
  for (const std::int32_t user : batch.distinct_users) {
    items.Add({lists_.row(static_cast<std::size_t>(user)), lists_.cols()});
  }
}

double CdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const auto scale = static_cast<float>(options_.weight);
  return step_.Run(Side::kUser, batch.users, lists_, student, parallel,
                   [&](std::size_t user, std::span<const float> scores, std::span<float> gradient) {
                     const std::span<const float> targets(targets_.row(user), targets_.cols());
                     return CdLoss<float>(scores, targets, scale, gradient);
                   });
}

}  // namespace derrd
