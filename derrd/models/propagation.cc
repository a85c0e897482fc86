#include "derrd/models/propagation.h"

#include <algorithm>
#include <cmath>

#include "derrd/kernels/rows.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

constexpr std::size_t kNodeGrain = 32;  // rows a task adds up; some have very many neighbours

// A layer is computed this many columns at a time: a neighbour's row is read as often as it has
// neighbours, and so many columns of all rows stay in a cache meanwhile where whole rows do not.
constexpr std::size_t kColumns = 64;

std::vector<float> EdgeWeights(const Interactions& lists, const Interactions& others) {
  std::vector<float> weights(lists.size());
  for (std::size_t row = 0; row < lists.users(); ++row) {
    const auto neighbours = lists.Of(row);
    float* to = weights.data() + lists.offsets[row];
    for (std::size_t n = 0; n < neighbours.size(); ++n) {
      const auto degree = others.Of(static_cast<std::size_t>(neighbours[n])).size();
      to[n] = static_cast<float>(1.0 / std::sqrt(static_cast<double>(neighbours.size() * degree)));
    }
  }
  return weights;
}

MatrixView<float> SideOf(const NodeRows& rows, Side side) {
  return side == Side::kUser ? rows.user : rows.item;
}

}  // namespace

Propagation::Propagation(const Interactions& lists, std::size_t items, int layers)
    : layers_(layers) {
  user_edges_.neighbours.offsets.assign(lists.offsets.begin(), lists.offsets.end());
  user_edges_.neighbours.items.assign(lists.items.begin(), lists.items.end());
  item_edges_.neighbours = ByItem(lists, items);
  const Interactions users = user_edges_.neighbours.view();
  user_edges_.weights = EdgeWeights(users, item_edges_.neighbours.view());
  item_edges_.weights = EdgeWeights(item_edges_.neighbours.view(), users);
}

void Propagation::ComputeRow(const Layer& layer, Columns columns, Side side, std::size_t row,
                             Edges& filtered) const {
  const auto [begin, count] = columns;
  float* to = SideOf(layer.to, side).row(row) + begin;
  const float* start = layer.start(side, row);
  if (start != nullptr) {
    std::copy_n(start + begin, count, to);
  } else {
    std::fill_n(to, count, 0.0f);
  }
  const Side other = side == Side::kUser ? Side::kItem : Side::kUser;
  std::span<const std::int32_t> neighbours = Of(side).neighbours.view().Of(row);
  const float* weights = Of(side).weights.data() + Of(side).neighbours.offsets[row];
  if (layer.sparse != nullptr) {
    auto& slots = filtered.neighbours.items;
    slots.clear();
    filtered.weights.clear();
    for (std::size_t n = 0; n < neighbours.size(); ++n) {
      if (!layer.sparse->Holds(other, neighbours[n])) continue;
      slots.push_back(layer.sparse->SlotOf(other, neighbours[n]));
      filtered.weights.push_back(weights[n]);
    }
    neighbours = slots;
    weights = filtered.weights.data();
  }
  const auto& from = other == Side::kUser ? layer.from.user : layer.from.item;
  kernels::AddWeightedRows(weights, neighbours.data(), neighbours.size(), from.data() + begin,
                           from.cols(), count, to);
  if (layer.scale != 1.0f) kernels::Scale(layer.scale, count, to);
}

void Propagation::Compute(const Layer& layer, const Parallel& parallel) const {
  const std::size_t width = layer.to.user.cols();
  for (std::size_t begin = 0; begin < width; begin += kColumns) {
    ComputeColumns(layer, {begin, std::min(kColumns, width - begin)}, parallel);
  }
}

void Propagation::ComputeColumns(const Layer& layer, Columns columns,
                                 const Parallel& parallel) const {
  for (const Side side : {Side::kUser, Side::kItem}) {
    const auto only =
        layer.only == nullptr ? std::span<const std::int32_t>() : layer.only->entities(side);
    const std::size_t rows = layer.only == nullptr ? SideOf(layer.to, side).rows() : only.size();
    parallel.ForRanges(rows, kNodeGrain, [&](std::size_t begin, std::size_t end) {
      Edges filtered;
      for (std::size_t i = begin; i < end; ++i) {
        const auto row = layer.only == nullptr ? i : static_cast<std::size_t>(only[i]);
        ComputeRow(layer, columns, side, row, filtered);
      }
    });
  }
}

NodeRows Propagation::Scratch(int layer, std::size_t width) {
  Matrix<float>& user = scratch_[static_cast<std::size_t>(layer % 2)];
  Matrix<float>& item = scratch_[static_cast<std::size_t>(2 + layer % 2)];
  user.Reshape(user_edges_.neighbours.view().users(), width);
  item.Reshape(item_edges_.neighbours.view().users(), width);
  return {user, item};
}

void Propagation::Forward(const FactorView& rows, const StepGradients* step, const NodeRows& out,
                          const Parallel& parallel) {
  FactorView from = rows;
  const auto start = [&](Side side, std::size_t row) {
    return (side == Side::kUser ? rows.user : rows.item).row(row);
  };
  for (int layer = 1; layer < layers_; ++layer) {
    const NodeRows to = Scratch(layer, rows.user.cols());
    Compute({from, nullptr, start, nullptr, 1.0f, to}, parallel);
    from = {to.user, to.item};
  }
  Compute({from, nullptr, start, step, LastScale(), out}, parallel);
}

void Propagation::Backward(const StepGradients& step, MatrixView<const float> user,
                           MatrixView<const float> item, const NodeRows& out,
                           const Parallel& parallel) {
  FactorView from{user, item};
  const auto start = [&](Side side, std::size_t row) -> const float* {
    const auto entity = static_cast<std::int32_t>(row);
    if (!step.Holds(side, entity)) return nullptr;
    return (side == Side::kUser ? user : item)
        .row(static_cast<std::size_t>(step.SlotOf(side, entity)));
  };
  for (int layer = 1; layer <= layers_; ++layer) {
    const bool last = layer == layers_;
    const NodeRows to = last ? out : Scratch(layer, user.cols());
    Compute({from, layer == 1 ? &step : nullptr, start, nullptr, last ? LastScale() : 1.0f, to},
            parallel);
    from = {to.user, to.item};
  }
}

}  // namespace derrd
