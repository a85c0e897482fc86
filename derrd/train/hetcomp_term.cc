#include "derrd/train/hetcomp_term.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "derrd/core/error.h"
#include "derrd/eval/top_k.h"
#include "derrd/losses/hetcomp.h"

namespace derrd {
namespace {

constexpr std::size_t kHetCompGrain = 16;  // users a task lists

// Calls take(item) for every item of `candidates` that is in neither list. All are ascending.
template <typename Take>
void ForEachOutside(std::span<const std::int32_t> candidates,
                    std::span<const std::int32_t> observed, std::span<const std::int32_t> top,
                    const Take& take) {
  auto o = observed.begin(), t = top.begin();
  for (const std::int32_t item : candidates) {
    while (o != observed.end() && *o < item) ++o;
    while (t != top.end() && *t < item) ++t;
    if ((o == observed.end() || *o != item) && (t == top.end() || *t != item)) take(item);
  }
}

}  // namespace

HetCompTerm::HetCompTerm(const Dataset& dataset, TeacherTrajectory trajectory,
                         const HetCompOptions& options, std::uint64_t seed)
    : dataset_(&dataset),
      trajectory_(std::move(trajectory)),
      options_(options),
      seed_(seed),
      progress_(dataset.users(), 2),
      sampler_(dataset.items()) {
  if (trajectory_.unobserved.empty()) {
    Fail<UsageError>("hetcomp: needs the teacher's rankings along its training, and has none");
  }
  const std::size_t length = trajectory_.unobserved.back().length();
  for (const Rankings& rankings : trajectory_.unobserved) {
    if (rankings.length() != length || rankings.users() != dataset.users()) {
      Fail<UsageError>(
          "hetcomp: a ranking along the teacher's training is of {} items for {} users where the "
          "last is of {} for {}; give rankings of one length over the data set's users",
          rankings.length(), rankings.users(), length, dataset.users());
    }
  }
  options_.depth = std::min(options.depth, length);
  if (options.rest == 0 || options.rest >= dataset.items()) {
    rest_.resize(dataset.items());
    std::iota(rest_.begin(), rest_.end(), 0);
    options_.rest = 0;
  }
  for (std::size_t u = 0; u < dataset.users(); ++u) progress_(u, 1) = -1.0f;
}

double HetCompTerm::MeanStage() const {
  std::size_t sum = 0;
  for (std::size_t u = 0; u < progress_.rows(); ++u) sum += StageOf(u);
  return static_cast<double>(sum) / static_cast<double>(progress_.rows());
}

double HetCompTerm::DiscrepancyFrom(std::size_t stage, std::size_t user,
                                    std::span<const std::int32_t> student) const {
  const auto& rankings = trajectory_.unobserved[std::min(stage, last_stage())];
  return HetCompDiscrepancy(student, rankings.Of(user).first(options_.depth));
}

// The first look only measures how far the next stage is. Later ones move a user on when that
// distance has shrunk by more than the threshold, or has grown.
void HetCompTerm::MoveOn(std::size_t user, std::span<const std::int32_t> student,
                         double threshold) {
  const std::size_t stage = StageOf(user);
  float& distance = progress_(user, 1);
  if (distance < 0.0f) {
    distance = static_cast<float>(DiscrepancyFrom(stage + 1, user, student));
    return;
  }
  if (stage == last_stage()) return;
  const auto now = static_cast<float>(DiscrepancyFrom(stage + 1, user, student));
  if (distance > threshold * now || distance < now || now == 0.0f) {
    progress_(user, 0) = static_cast<float>(stage + 1);
    distance = static_cast<float>(DiscrepancyFrom(stage + 2, user, student));
  }
}

void HetCompTerm::BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                             const Parallel& parallel) {
  // All but half a hundredth: the few that never come near enough should not hold back the rest.
  const auto arrived = [this] { return MeanStage() >= static_cast<double>(last_stage()) - 0.005; };
  if (epoch > 0 && epoch % options_.period == 0 && !arrived()) {
    const double threshold = options_.alpha * std::pow(0.995, epoch / options_.period);
    ForEachTopK(student, dataset_->train(), options_.depth, NamesOf(*dataset_), parallel,
                [&](std::int32_t user, std::span<const ScoredItem> best) {
                  std::vector<std::int32_t> items(best.size());
                  std::ranges::transform(best, items.begin(), &ScoredItem::item);
                  MoveOn(static_cast<std::size_t>(user), items, threshold);
                });
  }
  ranking_ = arrived();
}

void HetCompTerm::SelectRows(const Batch& batch, EntitySet&, EntitySet& items) {
  if (options_.rest > 0) {
    rest_.resize(options_.rest);
    RandomStream stream(seed_, Role::kRestItem, batch.step, 0);
    sampler_.Sample({}, stream, rest_);
    std::ranges::sort(rest_);
  }
  items.Add(rest_);
  for (const std::int32_t user : batch.distinct_users) {
    const auto u = static_cast<std::size_t>(user);
    items.Add(trajectory_.observed.view().Of(u));
    items.Add(TopOf(u));
  }
}

// A list for each user: observed items, the top, the rest.
void HetCompTerm::Fill(const Batch& batch, const Parallel& parallel) {
  const auto users = batch.distinct_users;
  offsets_.resize(users.size() + 1);
  const auto for_each_user = [&](const auto& visit) {
    parallel.ForRanges(users.size(), kHetCompGrain, [&](std::size_t begin, std::size_t end) {
      std::vector<std::int32_t> sorted_top;
      for (std::size_t i = begin; i < end; ++i) {
        const auto user = static_cast<std::size_t>(users[i]);
        sorted_top.assign(TopOf(user).begin(), TopOf(user).end());
        std::ranges::sort(sorted_top);
        visit(i, user, sorted_top);
      }
    });
  };
  for_each_user([&](std::size_t i, std::size_t user, std::span<const std::int32_t> sorted_top) {
    auto size = trajectory_.observed.view().Of(user).size() + sorted_top.size();
    ForEachOutside(rest_, dataset_->train().Of(user), sorted_top, [&](std::int32_t) { ++size; });
    offsets_[i + 1] = static_cast<std::int64_t>(size);
  });
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  items_.resize(static_cast<std::size_t>(offsets_.back()));
  for_each_user([&](std::size_t i, std::size_t user, std::span<const std::int32_t> sorted_top) {
    auto out = items_.begin() + offsets_[i];
    out = std::ranges::copy(trajectory_.observed.view().Of(user), out).out;
    out = std::ranges::copy(TopOf(user), out).out;
    ForEachOutside(rest_, dataset_->train().Of(user), sorted_top,
                   [&](std::int32_t item) { *out++ = item; });
  });
}

double HetCompTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  Fill(batch, parallel);
  const ScoreLists lists{batch.distinct_users, offsets_, items_};
  const auto weight = static_cast<float>(ranking_ ? options_.ranking_weight : options_.weight);
  const auto loss = ranking_ ? &HetCompRankingLoss<float> : &HetCompOverallLoss<float>;
  const auto of_user = [&](std::size_t i, std::span<float> scores, std::span<float> gradient) {
    const auto user = static_cast<std::size_t>(lists.users[i]);
    const std::size_t observed = trajectory_.observed.view().Of(user).size(),
                      top = TopOf(user).size();
    const std::size_t drawn = scores.size() - observed - top;
    const std::size_t meant = dataset_->items() - dataset_->train().Of(user).size() - top;
    // Those drawn stand for all that are meant.
    const auto log_share = static_cast<float>(std::log(
        static_cast<double>(meant) / static_cast<double>(std::max<std::size_t>(drawn, 1))));
    for (float& score : scores.subspan(observed + top)) score += log_share;
    return loss(scores.first(observed), scores.subspan(observed), top, weight,
                gradient.first(observed), gradient.subspan(observed));
  };
  return step_.Run(lists, student, parallel, of_user);
}

std::vector<NamedMatrix> HetCompTerm::State() { return {{"hetcomp/progress", progress_}}; }

nlohmann::ordered_json HetCompTerm::Diagnostics() const {
  return {{"mean_stage", MeanStage()}, {"stages", last_stage() + 1}, {"ranking", ranking_}};
}

}  // namespace derrd
