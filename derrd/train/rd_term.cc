#include "derrd/train/rd_term.h"

#include <algorithm>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"
#include "derrd/losses/rd.h"

namespace derrd {
namespace {

constexpr std::size_t kWeighedGrain = 32;  // users a task weighs the items of

}  // namespace

RdTerm::RdTerm(const Dataset& dataset, const Rankings& rankings, const RdOptions& options,
               std::uint64_t seed)
    : dataset_(&dataset),
      options_(options),
      seed_(seed),
      lists_(dataset.users(), options.top),
      position_weights_(RdPositionWeights(options.top, options.position_decay)),
      weights_(dataset.users(), options.top) {
  if (options.top > rankings.length()) {
    Fail<UsageError>(
        "--rd-top {}: the teacher's rankings hold {} items for each user, and {}; lower it",
        options.top, rankings.length(), BusiestUser(dataset));
  }
  for (std::size_t u = 0; u < dataset.users(); ++u) {
    std::ranges::copy(rankings.Of(u).first(options.top), lists_.row(u));
  }
}

void RdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                        const Parallel& parallel) {
  const std::size_t top = options_.top;
  parallel.ForRanges(dataset_->users(), kWeighedGrain, [&](std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> asked(top + options_.samples);  // the top, then the sampled items
    std::vector<float> answers(asked.size());
    for (std::size_t u = begin; u < end; ++u) {
      const std::span<float> weights(weights_.row(u), top);
      std::ranges::copy(position_weights_, weights.begin());
      if (epoch < options_.discrepancy_epoch) continue;
      std::copy_n(lists_.row(u), top, asked.begin());
      RandomStream stream(seed_, Role::kRankEstimate, static_cast<std::uint64_t>(epoch), u);
      for (std::int32_t& item : std::span(asked).subspan(top)) {
        item = SampleUnobserved(dataset_->train().Of(u), dataset_->items(), stream);
      }
      student.ScoreItems(static_cast<std::int32_t>(u), asked, answers);
      const std::span<const float> scores(answers);
      MultiplyRdDiscrepancies(scores.first(top), scores.subspan(top), dataset_->items(),
                              options_.discrepancy, weights);
    }
  });
}

void RdTerm::SelectRows(const Batch& batch, EntitySet&, EntitySet& items) {
  for (const std::int32_t user : batch.distinct_users) {
    items.Add({lists_.row(static_cast<std::size_t>(user)), lists_.cols()});
  }
}

double RdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const auto scale = static_cast<float>(options_.weight);
  return step_.Run(Side::kUser, batch.users, lists_, student, parallel,
                   [&](std::size_t user, std::span<const float> scores, std::span<float> gradient) {
                     const std::span<const float> weights(weights_.row(user), weights_.cols());
                     return RdLoss<float>(scores, weights, scale, gradient);
                   });
}

}  // namespace derrd
