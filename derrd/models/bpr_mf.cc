#include "derrd/models/bpr_mf.h"

#include <algorithm>
#include <cassert>

#include "derrd/core/random.h"
#include "derrd/kernels/gemm.h"
#include "derrd/kernels/rows.h"
#include "derrd/models/fold_in.h"

namespace derrd {
namespace {

constexpr float kInitialDeviation = 0.01f;
constexpr std::size_t kListGrain = 64;   // lists a task scores
constexpr std::size_t kPairGrain = 512;  // pairs a task scores
constexpr std::size_t kRowGrain = 128;   // rows a task sums gradients for

void DrawRows(Matrix<float>& rows, std::uint64_t seed, Role role) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    RandomStream stream(seed, role, 0, r);
    for (std::size_t c = 0; c < rows.cols(); ++c) rows(r, c) = kInitialDeviation * stream.Normal();
  }
}

void CopyRows(MatrixView<const float> from, Matrix<float>& to) {
  std::copy_n(from.data(), from.size(), to.data());
}

// A model that is broken is told from its file, and not by what it does to others.
void CheckFinite(const std::string& path, const std::string& name, MatrixView<const float> rows) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    float sum = 0.0f;  // stays finite unless a number is not: zero times anything else is zero
    for (std::size_t c = 0; c < rows.cols(); ++c) sum += 0.0f * rows(r, c);
    if (sum == 0.0f) continue;
    Fail(
        "{}: row {} of '{}' holds a number that is not finite; the model is broken, so train it "
        "again",
        path, r, name);
  }
}

}  // namespace

BprMf::BprMf(std::size_t users, std::size_t items, std::size_t width, std::uint64_t seed)
    : user_("user_embedding", users, width), item_("item_embedding", items, width) {
  DrawRows(user_.values, seed, Role::kInitialUser);
  DrawRows(item_.values, seed, Role::kInitialItem);
  Bind();
}

BprMf::BprMf(MatrixView<const float> user_rows, MatrixView<const float> item_rows)
    : user_("user_embedding", user_rows.rows(), user_rows.cols()),
      item_("item_embedding", item_rows.rows(), item_rows.cols()) {
  CopyRows(user_rows, user_.values);
  CopyRows(item_rows, item_.values);
  Bind();
}

void BprMf::Bind() {
  tables_ = {&user_, &item_};
  user_step_.table = &user_;
  item_step_.table = &item_;
}

std::unique_ptr<BprMf> BprMf::FromFile(const SafetensorsFile& file) {
  const auto user = file.MatrixOf<float>("user_embedding");
  const auto item = file.MatrixOf<float>("item_embedding");
  if (user.cols() != item.cols() || user.cols() == 0) {
    Fail(
        "{}: user rows of width {} and item rows of width {} do not fit; the file is damaged, so "
        "make it again",
        file.path(), user.cols(), item.cols());
  }
  CheckFinite(file.path(), "user_embedding", user);
  CheckFinite(file.path(), "item_embedding", item);
  return std::make_unique<BprMf>(user, item);
}

std::unique_ptr<Model> BprMf::Copy() const {
  return std::make_unique<BprMf>(user_.values, item_.values);
}

void BprMf::AddTo(SafetensorsWriter& writer) const {
  writer.Add(user_.name, user_.values.view());
  writer.Add(item_.name, item_.values.view());
}

void BprMf::Representations(Side side, std::span<const std::int32_t> entities,
                            MatrixView<float> out) const {
  const Matrix<float>& rows = side == Side::kUser ? user_.values : item_.values;
  kernels::GatherRows(rows.data(), rows.cols(), entities.data(), entities.size(), out.data());
}

void BprMf::ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const {
  if (users.size() == 1) {  // a matrix product would first copy every item into its own order
    kernels::Dots(user_.values.row(static_cast<std::size_t>(users[0])), item_.values.data(),
                  representation_width(), items(), out.data());
    return;
  }
  Matrix<float> block(users.size(), representation_width());
  Representations(Side::kUser, users, block);
  kernels::Gemm(kernels::Op::kNone, kernels::Op::kTranspose, users.size(), items(), block.cols(),
                1.0f, block.data(), block.cols(), item_.values.data(), block.cols(), 0.0f,
                out.data(), out.cols());
}

void BprMf::ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                       std::span<float> out) const {
  kernels::GatherDots(user_.values.row(static_cast<std::size_t>(user)), item_.values.data(),
                      representation_width(), items.data(), items.size(), out.data());
}

void BprMf::ScoreAllItemsForLiked(std::span<const std::int32_t> liked, std::span<float> out) const {
  const std::vector<float> user = FoldInUser(item_.values, liked);
  kernels::Dots(user.data(), item_.values.data(), user.size(), items(), out.data());
}

void BprMf::SelectRows(std::span<const std::int32_t> users, std::span<const std::int32_t> items) {
  const auto select = [](StepSide& side, std::span<const std::int32_t> entities) {
    side.table->rows.assign(entities.begin(), entities.end());
    side.slots.resize(side.table->values.rows());
    for (std::size_t s = 0; s < entities.size(); ++s) {
      side.slots[static_cast<std::size_t>(entities[s])] = static_cast<std::int32_t>(s);
    }
    side.direct.clear();
  };
  select(user_step_, users);
  select(item_step_, items);
  scored_.clear();
}

void BprMf::Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) {
  if (lists.are_pairs()) {
    parallel.ForRanges(lists.lists(), kPairGrain, [&](std::size_t begin, std::size_t end) {
      kernels::PairDots(user_.values.data(), lists.users.data() + begin, item_.values.data(),
                        lists.items.data() + begin, representation_width(), end - begin,
                        out.data() + begin);
    });
    return;
  }
  parallel.ForRanges(lists.lists(), kListGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t l = begin; l < end; ++l) {
      const std::size_t first = lists.begin(l), count = lists.begin(l + 1) - first;
      ScoreItems(lists.users[l], lists.items.subspan(first, count), out.subspan(first, count));
    }
  });
}

void BprMf::AddScoreGradients(const ScoreLists& lists, std::span<const float> gradients) {
  scored_.push_back({lists, gradients});
}

void BprMf::AddRepresentationGradients(Side side, std::span<const std::int32_t> entities,
                                       MatrixView<const float> gradients) {
  StepSide& step = side == Side::kUser ? user_step_ : item_step_;
  StepSide::Direct direct{entities, Matrix<float>(gradients.rows(), gradients.cols())};
  CopyRows(gradients, direct.gradients);
  step.direct.push_back(std::move(direct));
}

// Calls visit(user, item, d(loss)/d(score)) for every scored pair, in the order in which they came.
template <typename Visit>
void BprMf::ForScoredPairs(const Visit& visit) const {
  for (const auto& [lists, gradients] : scored_) {
    for (std::size_t l = 0; l < lists.lists(); ++l) {
      const std::size_t end = lists.begin(l + 1);
      for (std::size_t p = lists.begin(l); p < end; ++p) {
        visit(lists.users[l], lists.items[p], gradients[p]);
      }
    }
  }
}

// A counting sort by slot; pairs of one slot keep the order in which they were added, so the order
// of every sum is fixed.
void BprMf::SortPairs(StepSide& side) const {
  const bool is_user = side.table == &user_;
  const auto slot = [&](std::int32_t user, std::int32_t item) {
    return static_cast<std::size_t>(side.slots[static_cast<std::size_t>(is_user ? user : item)]);
  };
  std::size_t pairs = 0;
  for (const Scored& scored : scored_) pairs += scored.lists.size();
  side.begin.assign(side.table->rows.size() + 1, 0);
  ForScoredPairs(
      [&](std::int32_t user, std::int32_t item, float) { ++side.begin[slot(user, item) + 1]; });
  for (std::size_t s = 1; s < side.begin.size(); ++s) side.begin[s] += side.begin[s - 1];
  side.other_rows.resize(pairs);
  side.weights.resize(pairs);
  std::vector<std::int64_t> next(side.begin.begin(), side.begin.end() - 1);
  ForScoredPairs([&](std::int32_t user, std::int32_t item, float gradient) {
    const auto at = static_cast<std::size_t>(next[slot(user, item)]++);
    side.other_rows[at] = is_user ? item : user;
    side.weights[at] = gradient;
  });
}

// The gradient of a row is a weighted sum of rows of the other side, summed by one task.
void BprMf::AccumulateRows(StepSide& side, const StepSide& other, const Parallel& parallel) const {
  EmbeddingTable& table = *side.table;
  const std::size_t width = table.values.cols();
  table.gradient.Reshape(table.rows.size(), width);
  parallel.ForRanges(table.rows.size(), kRowGrain, [&](std::size_t begin, std::size_t end) {
    std::fill(table.gradient.row(begin), table.gradient.row(begin) + (end - begin) * width, 0.0f);
    for (std::size_t s = begin; s < end; ++s) {
      const auto first = static_cast<std::size_t>(side.begin[s]);
      const auto count = static_cast<std::size_t>(side.begin[s + 1]) - first;
      kernels::AddWeightedRows(side.weights.data() + first, side.other_rows.data() + first, count,
                               other.table->values.data(), width, table.gradient.row(s));
    }
  });
  for (const StepSide::Direct& direct : side.direct) {
    parallel.ForRanges(direct.entities.size(), kRowGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto slot = side.slots[static_cast<std::size_t>(direct.entities[i])];
        float* to = table.gradient.row(static_cast<std::size_t>(slot));
        const float* from = direct.gradients.row(i);
        for (std::size_t c = 0; c < width; ++c) to[c] += from[c];
      }
    });
  }
}

void BprMf::Backward(const Parallel& parallel) {
  parallel.For(2, [&](std::size_t side) { SortPairs(side == 0 ? user_step_ : item_step_); });
  AccumulateRows(user_step_, item_step_, parallel);
  AccumulateRows(item_step_, user_step_, parallel);
}

}  // namespace derrd
