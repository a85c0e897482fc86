#include "derrd/train/rce_kd_term.h"

#include <algorithm>

#include "derrd/core/error.h"
#include "derrd/core/samplers.h"
#include "derrd/eval/top_k.h"
#include "derrd/losses/rce_kd.h"

namespace derrd {
namespace {

// Whether an item is among those of a list; the list's order does not matter.
class Members {
 public:
  explicit Members(std::span<const std::int32_t> items) : sorted_(items.begin(), items.end()) {
    std::ranges::sort(sorted_);
  }
  bool Has(std::int32_t item) const { return std::ranges::binary_search(sorted_, item); }

 private:
  std::vector<std::int32_t> sorted_;
};

}  // namespace

RceKdTerm::RceKdTerm(const Dataset& dataset, const Model& teacher, Rankings top,
                     const RceKdOptions& options, std::uint64_t seed)
    : dataset_(&dataset),
      teacher_(&teacher),
      top_(std::move(top)),
      options_(options),
      seed_(seed),
      lists_(dataset.users(), 2 * options.top + options.drawn),
      teacher_scores_(dataset.users(), lists_.cols()),
      sizes_(dataset.users(), 0),
      overlaps_(dataset.users(), 0.0),
      counts_(dataset.users(), 0) {
  if (options.top > top_.length()) {
    Fail<UsageError>("--rce-kd-top {}: the teacher's rankings hold {} items a user; lower it",
                     options.top, top_.length());
  }
  if (options.pool > dataset.items()) {
    Fail<UsageError>("--rce-kd-pool {}: there are {} items; lower it", options.pool,
                     dataset.items());
  }
  if (options.pool < std::max(options.top, options.drawn)) {
    Fail<UsageError>("--rce-kd-pool {}: must be at least --rce-kd-top {} and --rce-kd-drawn {}",
                     options.pool, options.top, options.drawn);
  }
}

void RceKdTerm::Resample(std::size_t user, std::span<const std::int32_t> pool,
                         RandomStream stream) {
  const auto teacher_top = top_.Of(user).first(options_.top);
  std::vector<float> log_weights(pool.size());
  RceKdLogWeights(pool, teacher_top, options_.sampling_temperature, log_weights);
  WeightedSampler sampler;
  const auto chosen = sampler.Sample(log_weights, options_.drawn, stream);

  std::int32_t* const row = lists_.row(user);
  std::int32_t* const drawn = std::ranges::copy(pool.first(options_.top), row).out;
  std::int32_t* out = std::ranges::transform(chosen, drawn, [&](std::int32_t p) {
                        return pool[static_cast<std::size_t>(p)];
                      }).out;
  const Members is_drawn({drawn, out}), is_students({row, drawn});
  std::size_t overlap = 0;
  for (const std::int32_t item : teacher_top) {
    if (is_drawn.Has(item)) {
      ++overlap;
    } else if (!is_students.Has(item)) {
      *out++ = item;
    }
  }
  sizes_[user] = static_cast<std::size_t>(out - row);
  overlaps_[user] = static_cast<double>(overlap) / static_cast<double>(options_.top);
  teacher_->ScoreItems(static_cast<std::int32_t>(user), ListOf(user),
                       {teacher_scores_.row(user), sizes_[user]});
}

void RceKdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                           const Parallel& parallel) {
  ForEachTopK(student, Interactions{}, options_.pool, NamesOf(*dataset_), parallel,
              [&](std::int32_t user, std::span<const ScoredItem> best) {
                std::vector<std::int32_t> pool(best.size());
                std::ranges::transform(best, pool.begin(), &ScoredItem::item);
                const auto u = static_cast<std::size_t>(user);
                Resample(
                    u, pool,
                    RandomStream(seed_, Role::kStudentTop, static_cast<std::uint64_t>(epoch), u));
              });
}

void RceKdTerm::SelectRows(const Batch& batch, EntitySet&, EntitySet& items) {
  for (const std::int32_t user : batch.distinct_users) {
    items.Add(ListOf(static_cast<std::size_t>(user)));
  }
}

double RceKdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const auto users = batch.distinct_users;
  for (const std::int32_t user : batch.users) ++counts_[static_cast<std::size_t>(user)];
  offsets_.resize(users.size() + 1);
  items_.clear();
  for (std::size_t i = 0; i < users.size(); ++i) {
    std::ranges::copy(ListOf(static_cast<std::size_t>(users[i])), std::back_inserter(items_));
    offsets_[i + 1] = static_cast<std::int64_t>(items_.size());
  }
  const ScoreLists lists{users, offsets_, items_};
  const auto of_user = [&](std::size_t i, std::span<const float> scores,
                           std::span<float> gradient) {
    const auto user = static_cast<std::size_t>(users[i]);
    const std::size_t top = options_.top;
    const std::span<const float> wanted(teacher_scores_.row(user), scores.size());
    const double count = counts_[user];
    return count * RceKdLoss<float>({scores.first(top), wanted.first(top)},
                                    {scores.subspan(top), wanted.subspan(top)},
                                    {overlaps_[user], options_.beta, options_.temperature},
                                    static_cast<float>(count * options_.weight),
                                    gradient.first(top), gradient.subspan(top));
  };
  const double loss = step_.Run(lists, student, parallel, of_user);
  for (const std::int32_t user : users) counts_[static_cast<std::size_t>(user)] = 0;
  return loss;
}

nlohmann::ordered_json RceKdTerm::Diagnostics() const {
  return {{"mean_overlap", TreeSum(overlaps_) / static_cast<double>(overlaps_.size())}};
}

}  // namespace derrd
