#include "derrd/train/list_step.h"

#include <algorithm>

namespace derrd {
namespace {

constexpr std::size_t kListStepGrain = 32;  // lists a task computes

}  // namespace

// Scores are asked for by user, so that the users of an item become pairs.
ScoreLists ListStep::Fill(Side side, std::span<const std::int32_t> entities,
                          MatrixView<const std::int32_t> lists, const Parallel& parallel) {
  const std::size_t count = entities.size(), size = lists.cols();
  const bool are_pairs = side == Side::kItem;
  offsets_.resize(are_pairs ? 0 : count + 1);
  owners_.resize(are_pairs ? count * size : 0);
  listed_.resize(count * size);
  parallel.ForRanges(count, kListStepGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t l = begin; l < end; ++l) {
      std::copy_n(lists.row(static_cast<std::size_t>(entities[l])), size,
                  listed_.data() + l * size);
      if (are_pairs) {
        std::fill_n(owners_.data() + l * size, size, entities[l]);
      } else {
        offsets_[l + 1] = static_cast<std::int64_t>((l + 1) * size);
      }
    }
  });
  if (are_pairs) return {listed_, {}, owners_};
  return {entities, offsets_, listed_};
}

double ListStep::Run(Side side, std::span<const std::int32_t> entities,
                     MatrixView<const std::int32_t> lists, TrainableModel& student,
                     const Parallel& parallel, const Loss& loss) {
  const auto begin_of = [size = lists.cols()](std::size_t l) { return l * size; };
  const auto of_entity = [&](std::size_t l, std::span<float> scores, std::span<float> gradient) {
    return loss(static_cast<std::size_t>(entities[l]), scores, gradient);
  };
  return Compute(Fill(side, entities, lists, parallel), entities.size(), begin_of, student,
                 parallel, of_entity);
}

double ListStep::Run(const ScoreLists& lists, TrainableModel& student, const Parallel& parallel,
                     const Loss& loss) {
  const auto begin_of = [&lists](std::size_t l) { return lists.begin(l); };
  return Compute(lists, lists.lists(), begin_of, student, parallel, loss);
}

template <typename BeginOf, typename LossOf>
double ListStep::Compute(const ScoreLists& asked, std::size_t count, const BeginOf& begin_of,
                         TrainableModel& student, const Parallel& parallel, const LossOf& loss) {
  scores_.resize(begin_of(count));
  gradients_.resize(scores_.size());
  losses_.resize(count);
  student.Scores(asked, scores_, parallel);
  parallel.ForRanges(count, kListStepGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t l = begin; l < end; ++l) {
      const std::size_t first = begin_of(l), size = begin_of(l + 1) - first;
      losses_[l] = loss(l, std::span(scores_).subspan(first, size),
                        std::span(gradients_).subspan(first, size));
    }
  });
  student.AddScoreGradients(asked, gradients_);
  return TreeSum(losses_);
}

}  // namespace derrd
