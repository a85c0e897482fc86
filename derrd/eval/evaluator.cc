#include "derrd/eval/evaluator.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/list_evaluation.h"
#include "derrd/kernels/select.h"

namespace derrd {
namespace {

using Items = std::span<const std::int32_t>;

std::size_t FirstNotFinite(std::span<const float> scores) {
  const auto found = std::ranges::find_if(scores, [](float s) { return !std::isfinite(s); });
  return static_cast<std::size_t>(found - scores.begin());
}

std::vector<std::int32_t> UsersWithItems(const Interactions& interactions) {
  std::vector<std::int32_t> users;
  for (std::size_t user = 0; user < interactions.users(); ++user) {
    if (!interactions.Of(user).empty()) users.push_back(static_cast<std::int32_t>(user));
  }
  return users;
}

// Appends the items that are not in `left_out`; both ascend. There are many items and few of those,
// so whole stretches are copied.
void AppendWithout(Items items, Items left_out, std::vector<std::int32_t>& to) {
  auto from = items.begin();
  for (const std::int32_t item : left_out) {
    const auto found = std::lower_bound(from, items.end(), item);
    to.insert(to.end(), from, found);
    from = found != items.end() && *found == item ? found + 1 : found;
  }
  to.insert(to.end(), from, items.end());
}

// Ranks the held-out items of one user after the other; keeps its memory from user to user.
class SampledRanker {
 public:
  SampledRanker(const Model& model, const Interactions& other_held_out,
                const Interactions& candidates, const Names& names)
      : model_(model), other_(other_held_out), candidates_(candidates), names_(names) {}

  std::span<std::size_t> Rank(std::int32_t user, Items targets) {
    items_.assign(targets.begin(), targets.end());
    left_out_.clear();
    std::ranges::merge(targets, other_.OfOrNone(static_cast<std::size_t>(user)),
                       std::back_inserter(left_out_));
    AppendWithout(candidates_.OfOrNone(static_cast<std::size_t>(user)), left_out_, items_);
    scores_.resize(items_.size());
    model_.ScoreItems(user, items_, scores_);
    if (!kernels::AllFinite(scores_.data(), scores_.size())) {
      const std::size_t bad = FirstNotFinite(scores_);
      FailNotFinite(names_, user, items_[bad], scores_[bad]);
    }
    ranks_.clear();
    for (std::size_t t = 0; t < targets.size(); ++t) {
      // Itself among them: ranks start at 1.
      ranks_.push_back(kernels::CountNotBelow(scores_.data(), scores_.size(), scores_[t]));
    }
    return ranks_;
  }

 private:
  const Model& model_;
  const Interactions& other_;
  const Interactions& candidates_;
  const Names& names_;
  std::vector<std::int32_t> items_;     // the targets, then the other candidates
  std::vector<std::int32_t> left_out_;  // what is a target or held out by the other split
  std::vector<float> scores_;
  std::vector<std::size_t> ranks_;
};

// The ranks of `targets`, none of which is in `train`, among the items that are not in `train`.
void RankAll(std::span<const float> scores, Items train, Items targets,
             std::vector<std::size_t>& ranks) {
  ranks.clear();
  for (const std::int32_t target : targets) {
    const float score = scores[static_cast<std::size_t>(target)];
    std::size_t rank = kernels::CountNotBelow(scores.data(), scores.size(), score);
    for (const std::int32_t item : train) {
      rank -= scores[static_cast<std::size_t>(item)] < score ? 0 : 1;
    }
    ranks.push_back(rank);
  }
}

Metrics EvaluateLists(const ListRanker& ranker, const Interactions& held_out, bool with_recall,
                      const Parallel& parallel) {
  const std::vector<std::int32_t> users = UsersWithItems(held_out);
  std::vector<MetricSums> slices(kUserSlices);
  parallel.For(kUserSlices, [&](std::size_t slice) {
    ListRanker own = ranker;
    const Range range = SliceOf(users.size(), slice);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const auto ranks = own.Rank(users[i]);
      if (!ranks.empty()) slices[slice].AddUser(ranks);
    }
  });
  return TreeSum(slices).Means(with_recall);
}

}  // namespace

std::string_view Name(Split split) { return split == Split::kValid ? "valid" : "test"; }

Split ParseSplit(std::string_view name) {
  if (name == Name(Split::kValid)) return Split::kValid;
  if (name == Name(Split::kTest)) return Split::kTest;
  Fail<UsageError>("--split {}: no such split; give valid or test", name);
}

std::string_view MainMetric(Protocol protocol) {
  return protocol == Protocol::kSampled ? "HR@5" : "NDCG@10";
}

std::vector<std::string> MetricNames(Protocol protocol) {
  std::vector<std::string> names;
  for (const auto& [name, value] : MetricSums().Means(protocol == Protocol::kFull)) {
    names.push_back(name);
  }
  return names;
}

Metrics EvaluateSampled(const Model& model, const Interactions& held_out,
                        const Interactions& other_held_out, const Interactions& candidates,
                        const Names& names, const Parallel& parallel) {
  const std::vector<std::int32_t> users = UsersWithItems(held_out);
  std::vector<MetricSums> slices(kUserSlices);
  parallel.For(kUserSlices, [&](std::size_t slice) {
    SampledRanker ranker(model, other_held_out, candidates, names);
    const Range range = SliceOf(users.size(), slice);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      slices[slice].AddUser(
          ranker.Rank(users[i], held_out.OfOrNone(static_cast<std::size_t>(users[i]))));
    }
  });
  return TreeSum(slices).Means(/*with_recall=*/false);
}

Metrics EvaluateFull(const Model& model, const Interactions& train, const Interactions& held_out,
                     const Names& names, const Parallel& parallel) {
  struct Slice {
    MetricSums sums;
    std::vector<std::int32_t> targets;
    std::vector<std::size_t> ranks;
  };
  std::vector<Slice> slices(kUserSlices);
  ForEachScoreRow(model, UsersWithItems(held_out), parallel,
                  [&](std::size_t number, std::int32_t user, std::span<const float> scores) {
                    if (!kernels::AllFinite(scores.data(), scores.size())) {
                      const std::size_t bad = FirstNotFinite(scores);
                      FailNotFinite(names, user, static_cast<std::int32_t>(bad), scores[bad]);
                    }
                    Slice& slice = slices[number];
                    const Items observed = train.OfOrNone(static_cast<std::size_t>(user));
                    slice.targets.clear();
                    std::ranges::set_difference(held_out.OfOrNone(static_cast<std::size_t>(user)),
                                                observed, std::back_inserter(slice.targets));
                    if (slice.targets.empty()) return;
                    RankAll(scores, observed, slice.targets, slice.ranks);
                    slice.sums.AddUser(slice.ranks);
                  });
  std::vector<MetricSums> sums;
  for (const Slice& slice : slices) sums.push_back(slice.sums);
  return TreeSum(sums).Means(/*with_recall=*/true);
}

Metrics Evaluate(const Model& model, const Dataset& dataset, Split split,
                 const Parallel& parallel) {
  if (model.users() != dataset.users() || model.items() != dataset.items()) {
    Fail(
        "{}: has {} users and {} items, and the model {} and {}; give the data set it was trained "
        "on",
        dataset.path(), dataset.users(), dataset.items(), model.users(), model.items());
  }
  const bool test = split == Split::kTest;
  const Interactions& held_out = test ? dataset.test() : dataset.valid();
  const Interactions& other = test ? dataset.valid() : dataset.test();
  if (held_out.empty()) {
    Fail(
        "{}: its split '{}' holds nothing out; evaluate another split, or import the data with one",
        dataset.path(), Name(split));
  }
  const Names names = NamesOf(dataset);
  const bool sampled = dataset.protocol() == Protocol::kSampled;
  if (model.lists() != nullptr) {
    const RankedLists& lists = *model.lists();
    return EvaluateLists(
        sampled ? ListRanker::Sampled(lists, held_out, other, dataset.candidates(), names)
                : ListRanker::Full(lists, held_out, dataset.train(), names),
        held_out, /*with_recall=*/!sampled, parallel);
  }
  return sampled ? EvaluateSampled(model, held_out, other, dataset.candidates(), names, parallel)
                 : EvaluateFull(model, dataset.train(), held_out, names, parallel);
}

}  // namespace derrd
