#include "derrd/train/dcd_term.h"

#include <algorithm>
#include <cmath>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"
#include "derrd/eval/item_side.h"
#include "derrd/kernels/select.h"
#include "derrd/losses/dcd.h"
#include "derrd/losses/rrd.h"

namespace derrd {
namespace {

constexpr std::size_t kListGrain = 32;  // lists a task samples
// Pairs of an item and a user whose scores are held at once.
constexpr std::size_t kBlockPairs = std::size_t{1} << 19;

// The two streams a list's corrections come from.
struct CorrectionStreams {
  RandomStream underestimated, overestimated;
};

// Draws a list's corrections. One for each task.
class CorrectionSampler {
 public:
  explicit CorrectionSampler(std::span<const float> log_weights) : table_(log_weights) {}

  // `order`: the teacher's; `scores`: the student's, in that order. Half of `out` for each kind.
  void Sample(std::span<const std::int32_t> order, std::span<const float> scores,
              CorrectionStreams streams, std::span<std::int32_t> out) {
    differences_.resize(order.size());
    RankDifferences(scores, std::span<std::int32_t>(differences_));
    const std::size_t count = out.size() / 2;
    Draw(order, 1, streams.underestimated, out.first(count));
    Draw(order, -1, streams.overestimated, out.subspan(count));
  }

 private:
  void Draw(std::span<const std::int32_t> order, std::int32_t sign, RandomStream& stream,
            std::span<std::int32_t> out) {
    log_weights_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      log_weights_[i] = table_[static_cast<std::size_t>(std::max(sign * differences_[i], 0))];
    }
    std::ranges::transform(sampler_.Sample(log_weights_, out.size(), stream), out.begin(),
                           [&](std::int32_t p) { return order[static_cast<std::size_t>(p)]; });
  }

  std::span<const float> table_;
  WeightedSampler sampler_;
  std::vector<std::int32_t> differences_;
  std::vector<float> log_weights_;
};

void CheckFinite(std::span<const float> scores) {
  if (!kernels::AllFinite(scores.data(), scores.size())) {
    Fail<NotFinite>("the student's scores are not finite; lower a weight or --learning-rate");
  }
}

}  // namespace

DcdTerm::DcdTerm(const Dataset& dataset, Rankings users, Rankings items, const DcdOptions& options,
                 std::uint64_t seed)
    : dataset_(&dataset),
      users_(std::move(users)),
      items_(std::move(items)),
      options_(options),
      seed_(seed),
      user_lists_(dataset.users(), list_size()),
      item_lists_(has_item_side() ? dataset.items() : 0, list_size()) {
  if (options.corrections > users_.length()) {
    Fail<UsageError>(
        "--dcd-corrections {}: the teacher's rankings hold {} items a user, and {}; lower it",
        options.corrections, users_.length(), BusiestUser(dataset));
  }
  if (has_item_side() && options.corrections > items_.length()) {
    Fail<UsageError>(
        "--dcd-corrections {}: the teacher's rankings hold {} users an item; lower it, or leave "
        "the item's side out with --lambda-dcd-item 0",
        options.corrections, items_.length());
  }
  log_weights_.resize(std::max(users_.length(), items_.length()));
  for (std::size_t d = 0; d < log_weights_.size(); ++d) {
    log_weights_[d] = static_cast<float>(
        std::log(CorrectionWeight(static_cast<std::int32_t>(d), options.temperature)));
  }
  trained_.assign(dataset.train().items.begin(), dataset.train().items.end());
  std::ranges::sort(trained_);
  trained_.erase(std::unique(trained_.begin(), trained_.end()), trained_.end());
}

void DcdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                         const Parallel& parallel) {
  ResampleUsers(static_cast<std::uint64_t>(epoch), student, parallel);
  if (has_item_side()) ResampleItems(static_cast<std::uint64_t>(epoch), student, parallel);
}

void DcdTerm::ResampleUsers(std::uint64_t epoch, const TrainableModel& student,
                            const Parallel& parallel) {
  parallel.ForRanges(dataset_->users(), kListGrain, [&](std::size_t begin, std::size_t end) {
    CorrectionSampler sampler(log_weights_);
    std::vector<float> scores(users_.length());
    for (std::size_t u = begin; u < end; ++u) {
      student.ScoreItems(static_cast<std::int32_t>(u), users_.Of(u), scores);
      CheckFinite(scores);
      sampler.Sample(users_.Of(u), scores,
                     {RandomStream(seed_, Role::kUnderestimatedItem, epoch, u),
                      RandomStream(seed_, Role::kOverestimatedItem, epoch, u)},
                     {user_lists_.row(u), list_size()});
    }
  });
}

void DcdTerm::ResampleItems(std::uint64_t epoch, const TrainableModel& student,
                            const Parallel& parallel) {
  const std::size_t length = items_.length();
  const std::size_t block = std::max<std::size_t>(kBlockPairs / length, 1);
  Matrix<std::int32_t> orders;
  Matrix<float> scores;
  for (std::size_t first = 0; first < trained_.size(); first += block) {
    const auto items = std::span<const std::int32_t>(trained_).subspan(
        first, std::min(block, trained_.size() - first));
    orders.Reshape(items.size(), length);
    scores.Reshape(items.size(), length);
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::ranges::copy(items_.Of(static_cast<std::size_t>(items[i])), orders.row(i));
    }
    ScoreUserLists(student, items, orders, scores, parallel);
    parallel.ForRanges(items.size(), kListGrain, [&](std::size_t begin, std::size_t end) {
      CorrectionSampler sampler(log_weights_);
      for (std::size_t i = begin; i < end; ++i) {
        const auto item = static_cast<std::size_t>(items[i]);
        const std::span<const float> of_item(scores.row(i), length);
        CheckFinite(of_item);
        sampler.Sample(items_.Of(item), of_item,
                       {RandomStream(seed_, Role::kUnderestimatedUser, epoch, item),
                        RandomStream(seed_, Role::kOverestimatedUser, epoch, item)},
                       {item_lists_.row(item), list_size()});
      }
    });
  }
}

void DcdTerm::SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) {
  for (const std::int32_t user : batch.distinct_users) {
    items.Add({user_lists_.row(static_cast<std::size_t>(user)), list_size()});
  }
  if (!has_item_side()) return;
  for (const std::int32_t item : batch.distinct_positives) {
    users.Add({item_lists_.row(static_cast<std::size_t>(item)), list_size()});
  }
}

double DcdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const std::size_t half = options_.corrections;
  const auto weighted = [half](double weight) {
    return [half, scale = static_cast<float>(weight)](std::size_t, std::span<const float> scores,
                                                      std::span<float> gradient) -> double {
      return RrdLoss<float>(scores.first(half), scores.subspan(half), scale, gradient.first(half),
                            gradient.subspan(half));
    };
  };
  double loss = user_step_.Run(Side::kUser, batch.distinct_users, user_lists_, student, parallel,
                               weighted(options_.user_weight));
  if (has_item_side()) {
    loss += item_step_.Run(Side::kItem, batch.distinct_positives, item_lists_, student, parallel,
                           weighted(options_.item_weight));
  }
  return loss;
}

}  // namespace derrd
