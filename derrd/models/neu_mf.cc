#include "derrd/models/neu_mf.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "derrd/core/error.h"
#include "derrd/core/initial_values.h"
#include "derrd/kernels/gemm.h"
#include "derrd/kernels/rows.h"
#include "derrd/kernels/vectors.h"
#include "derrd/models/factors.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

constexpr float kNeuMfDeviation = 0.01f;
constexpr std::size_t kPairBlock = 256;  // pairs or rows that a task multiplies at once
constexpr std::size_t kPairSlices =
    32;  // of a step's pairs; each sums its layers' gradients in order
constexpr std::size_t kSlotGrain = 64;  // rows a task sums

std::vector<std::int32_t> AllOf(std::size_t count) {
  std::vector<std::int32_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void DrawGlorot(DenseParameter& weights, std::uint64_t seed, std::uint64_t number) {
  const auto ends = static_cast<float>(weights.values.rows() + weights.values.cols());
  DrawUniform(weights.values, std::sqrt(6.0f / ends),
              RandomStream(seed, Role::kInitialLayer, number, 0));
}

}  // namespace

NeuMfShape NeuMfShape::For(std::size_t users, std::size_t items, std::size_t width, int layers) {
  NeuMfShape shape{users, items, width / 2, width - width / 2, {}};
  std::size_t in = 2 * shape.mlp_width;
  for (int l = 0; l < layers; ++l) {
    in = std::max<std::size_t>(1, in / 2);
    shape.hidden_widths.push_back(in);
  }
  return shape;
}

NeuMf::NeuMf(const NeuMfShape& shape)
    : user_gmf_(Side::kUser, "user_gmf_embedding", shape.users, shape.gmf_width),
      item_gmf_(Side::kItem, "item_gmf_embedding", shape.items, shape.gmf_width),
      user_mlp_(Side::kUser, "user_mlp_embedding", shape.users, shape.mlp_width),
      item_mlp_(Side::kItem, "item_mlp_embedding", shape.items, shape.mlp_width),
      first_weights_("layer0_weights", 2 * shape.mlp_width, shape.hidden_widths[0]),
      first_bias_("layer0_bias", 1, shape.hidden_widths[0]),
      output_gmf_("output_gmf", 1, shape.gmf_width),
      output_bias_("output_bias", 1, 1),
      tower_(shape.hidden_widths),
      dense_{&first_weights_, &first_bias_, &output_gmf_, &output_bias_},
      weighted_user_gmf_(shape.users, shape.gmf_width),
      user_projection_(shape.users, shape.hidden_widths[0]),
      item_projection_(shape.items, shape.hidden_widths[0]) {
  for (DenseParameter& parameter : tower_.parameters()) dense_.push_back(&parameter);
  for (std::size_t s = 0; s < kPairSlices; ++s) slice_sums_.push_back(tower_.ZeroSums());
}

NeuMf::NeuMf(const NeuMfShape& shape, std::uint64_t seed) : NeuMf(shape) {
  DrawNormalRows(user_gmf_.values, kNeuMfDeviation, seed, Role::kInitialUser, 0);
  DrawNormalRows(item_gmf_.values, kNeuMfDeviation, seed, Role::kInitialItem, 0);
  DrawNormalRows(user_mlp_.values, kNeuMfDeviation, seed, Role::kInitialUser, 1);
  DrawNormalRows(item_mlp_.values, kNeuMfDeviation, seed, Role::kInitialItem, 1);
  DrawGlorot(first_weights_, seed, 0);
  for (std::size_t l = 1; l < tower_.layers(); ++l) {
    DrawGlorot(tower_.parameters()[2 * l - 2], seed, l);
  }
  // The output is one layer over GMF and MLP together.
  const auto fan_in = static_cast<float>(shape.gmf_width + shape.hidden_widths.back());
  std::uint64_t part = 0;
  for (DenseParameter* output : {&output_gmf_, &tower_.parameters().back()}) {
    DrawUniform(output->values, std::sqrt(3.0f / fan_in),
                RandomStream(seed, Role::kInitialLayer, tower_.layers(), part++));
  }
}

std::unique_ptr<NeuMf> NeuMf::FromFile(const SafetensorsFile& file) {
  const auto gmf = ReadRows(file, "user_gmf_embedding");
  const auto items = ReadRows(file, "item_gmf_embedding");
  NeuMfShape shape{
      gmf.rows(), items.rows(), gmf.cols(), ReadRows(file, "user_mlp_embedding").cols(), {}};
  std::string name;
  for (int l = 0; file.Has(name = fmt::format("layer{}_weights", l)); ++l) {
    shape.hidden_widths.push_back(ReadRows(file, name).cols());
  }
  if (shape.hidden_widths.empty()) Fail("{}: has no layer; make the model again", file.path());
  auto model = std::unique_ptr<NeuMf>(new NeuMf(shape));
  for (EmbeddingTable* table : model->tables_) ReadInto(file, table->name, table->values);
  for (DenseParameter* parameter : model->dense_) {
    ReadInto(file, parameter->name, parameter->values);
  }
  model->Refresh(Parallel(1));
  return model;
}

std::unique_ptr<Model> NeuMf::Copy() const {
  auto copy = std::unique_ptr<NeuMf>(new NeuMf(NeuMfShape{
      users(), items(), user_gmf_.values.cols(), user_mlp_.values.cols(), tower_.widths()}));
  for (std::size_t t = 0; t < tables_.size(); ++t) copy->tables_[t]->values = tables_[t]->values;
  for (std::size_t p = 0; p < dense_.size(); ++p) copy->dense_[p]->values = dense_[p]->values;
  copy->weighted_user_gmf_ = weighted_user_gmf_;
  copy->user_projection_ = user_projection_;
  copy->item_projection_ = item_projection_;
  return copy;
}

std::size_t NeuMf::parameters() const {
  std::size_t count = 0;
  for (const EmbeddingTable* table : tables_) count += table->values.size();
  for (const DenseParameter* parameter : dense_) count += parameter->values.size();
  return count;
}

void NeuMf::AddTo(SafetensorsWriter& writer) const {
  for (const EmbeddingTable* table : tables_) {
    writer.Add(table->name, MatrixView<const float>(table->values));
  }
  for (const DenseParameter* parameter : dense_) {
    writer.Add(parameter->name, MatrixView<const float>(parameter->values));
  }
}

void NeuMf::Representations(Side side, std::span<const std::int32_t> entities,
                            MatrixView<float> out) const {
  const Matrix<float>& gmf = (side == Side::kUser ? user_gmf_ : item_gmf_).values;
  const Matrix<float>& mlp = (side == Side::kUser ? user_mlp_ : item_mlp_).values;
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const auto row = static_cast<std::size_t>(entities[i]);
    float* end = std::copy_n(gmf.row(row), gmf.cols(), out.row(i));
    std::copy_n(mlp.row(row), mlp.cols(), end);
  }
}

void NeuMf::FirstLayer(const std::int32_t* users, const std::int32_t* items,
                       MatrixView<float> out) const {
  const std::size_t width = out.cols();
  kernels::GatherRows(item_projection_.data(), width, items, out.rows(), out.data());
  for (std::size_t begin = 0, end = 0; begin < out.rows(); begin = end) {
    while (end < out.rows() && users[end] == users[begin]) ++end;
    kernels::AddBiasRelu(user_projection_.row(static_cast<std::size_t>(users[begin])), end - begin,
                         width, out.row(begin));
  }
}

// At most kPairBlock pairs.
void NeuMf::ScoreBlock(const std::int32_t* users, const std::int32_t* items, std::span<float> out,
                       ReluTower::Block& block) const {
  FirstLayer(users, items, tower_.First(block, out.size()));
  tower_.Forward(block, out);
  std::array<float, kPairBlock> gmf;
  kernels::PairDots(weighted_user_gmf_.data(), users, item_gmf_.values.data(), items,
                    item_gmf_.values.cols(), out.size(), gmf.data());
  const float bias = output_bias_.values(0, 0);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += gmf[i] + bias;
}

void NeuMf::ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                       std::span<float> out) const {
  ReluTower::Block block;
  std::array<std::int32_t, kPairBlock> users;
  users.fill(user);
  for (std::size_t begin = 0; begin < items.size(); begin += kPairBlock) {
    const std::size_t count = std::min(kPairBlock, items.size() - begin);
    ScoreBlock(users.data(), items.data() + begin, out.subspan(begin, count), block);
  }
}

void NeuMf::ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const {
  const std::vector<std::int32_t> all = AllOf(items());
  for (std::size_t u = 0; u < users.size(); ++u) {
    ScoreItems(users[u], all, {out.row(u), items()});
  }
}

void NeuMf::ScoreAllItemsForLiked(std::span<const std::int32_t>, std::span<float>) const {
  Fail(
      "a neumf model cannot answer somebody it has not met; ask a factor model or cdae, or train "
      "it again with their interactions");
}

void NeuMf::SelectRows(std::span<const std::int32_t> users, std::span<const std::int32_t> items) {
  for (EmbeddingTable* table : {&user_gmf_, &user_mlp_})
    table->rows.assign(users.begin(), users.end());
  for (EmbeddingTable* table : {&item_gmf_, &item_mlp_})
    table->rows.assign(items.begin(), items.end());
  step_.Begin(users, this->users(), items, this->items());
}

void NeuMf::Project(Side side, std::span<const std::int32_t> entities, const Parallel& parallel) {
  const bool is_user = side == Side::kUser;
  const Matrix<float>& rows = (is_user ? user_mlp_ : item_mlp_).values;
  Matrix<float>& projection = is_user ? user_projection_ : item_projection_;
  const std::size_t width = rows.cols(), out_width = projection.cols();
  parallel.ForRanges(entities.size(), kPairBlock, [&](std::size_t begin, std::size_t end) {
    const std::size_t n = end - begin;
    Matrix<float> in(n, width), out(n, out_width);
    kernels::GatherRows(rows.data(), width, entities.data() + begin, n, in.data());
    if (is_user) {
      for (std::size_t i = 0; i < n; ++i) {
        std::copy_n(first_bias_.values.data(), out_width, out.row(i));
      }
    }
    Gemm(Op::kNone, Op::kNone, n, out_width, width, 1.0f, in.data(), width, FirstWeights(side),
         out_width, 1.0f, out.data(), out_width);
    for (std::size_t i = 0; i < n; ++i) {
      const auto entity = static_cast<std::size_t>(entities[begin + i]);
      std::copy_n(out.row(i), out_width, projection.row(entity));
      if (!is_user) continue;
      const float *w = output_gmf_.values.data(), *p = user_gmf_.values.row(entity);
      float* weighted = weighted_user_gmf_.row(entity);
      for (std::size_t c = 0; c < output_gmf_.values.cols(); ++c) weighted[c] = w[c] * p[c];
    }
  });
}

void NeuMf::Forward(std::uint32_t, const Parallel& parallel) {
  Project(Side::kUser, step_.entities(Side::kUser), parallel);
  Project(Side::kItem, step_.entities(Side::kItem), parallel);
}

void NeuMf::Refresh(const Parallel& parallel) {
  Project(Side::kUser, AllOf(users()), parallel);
  Project(Side::kItem, AllOf(items()), parallel);
}

void NeuMf::Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) {
  std::span<const std::int32_t> users = lists.users;
  std::vector<std::int32_t> repeated;
  if (!lists.are_pairs()) {
    for (std::size_t l = 0; l < lists.lists(); ++l) {
      repeated.insert(repeated.end(), lists.begin(l + 1) - lists.begin(l), lists.users[l]);
    }
    users = repeated;
  }
  parallel.ForRanges(lists.size(), kPairBlock, [&](std::size_t begin, std::size_t end) {
    ReluTower::Block block;
    ScoreBlock(users.data() + begin, lists.items.data() + begin, out.subspan(begin, end - begin),
               block);
  });
}

// The forward pass is computed again, block by block, rather than kept.
void NeuMf::BackwardTower(const Parallel& parallel) {
  const SortedPairs& pairs = step_.pairs(Side::kUser);
  const std::size_t count = pairs.others.size(), width = first_gradient_.cols();
  parallel.For(kPairSlices, [&](std::size_t slice) {
    ReluTower::Block block;
    std::vector<float> unused;
    for (Matrix<float>& sum : slice_sums_[slice]) sum.SetZero();
    const std::size_t last = count * (slice + 1) / kPairSlices;
    for (std::size_t begin = count * slice / kPairSlices; begin < last; begin += kPairBlock) {
      const std::size_t n = std::min(kPairBlock, last - begin);
      FirstLayer(pair_users_.data() + begin, pairs.others.data() + begin, tower_.First(block, n));
      unused.resize(n);
      tower_.Forward(block, unused);
      tower_.Backward(block, {pairs.weights.data() + begin, n}, slice_sums_[slice]);
      std::copy_n(block.gradient[0].data(), n * width, first_gradient_.row(begin));
    }
  });
  for (std::size_t p = 0; p < tower_.parameters().size(); ++p) {
    Matrix<float>& gradient = tower_.parameters()[p].gradient;
    gradient.SetZero();
    for (const auto& sums : slice_sums_) {
      kernels::AddScaled(1.0f, sums[p].data(), gradient.size(), gradient.data());
    }
  }
}

// From pairs to the projections of users (whose pairs lie together) and of items.
void NeuMf::BackwardFirstLayer(const Parallel& parallel) {
  const SortedPairs& by_user = step_.pairs(Side::kUser);
  const SortedPairs& by_item = step_.pairs(Side::kItem);
  const std::size_t count = by_user.others.size(), width = first_gradient_.cols();
  std::vector<std::int32_t> of_item(count);
  std::vector<std::int64_t> next = by_item.begin;
  for (std::size_t p = 0; p < count; ++p) {
    const auto slot = static_cast<std::size_t>(step_.SlotOf(Side::kItem, by_user.others[p]));
    of_item[static_cast<std::size_t>(next[slot]++)] = static_cast<std::int32_t>(p);
  }
  const std::vector<std::int32_t> of_user = AllOf(count);
  const std::vector<float> ones(count, 1.0f);
  for (const Side side : {Side::kUser, Side::kItem}) {
    const bool is_user = side == Side::kUser;
    const SortedPairs& pairs = is_user ? by_user : by_item;
    const std::vector<std::int32_t>& rows = is_user ? of_user : of_item;
    Matrix<float>& sums = projection_gradient_[is_user ? 0 : 1];
    sums.Reshape(step_.entities(side).size(), width);
    parallel.ForRanges(sums.rows(), kSlotGrain, [&](std::size_t begin, std::size_t end) {
      kernels::SumWeightedLists(ones.data(), rows.data(), pairs.begin.data() + begin, end - begin,
                                first_gradient_.data(), width, sums.row(begin));
    });
  }
}

// From a side's projections to its MLP rows and its half of the first layer's weights.
void NeuMf::BackwardProjection(Side side, const Parallel& parallel) {
  const bool is_user = side == Side::kUser;
  EmbeddingTable& table = is_user ? user_mlp_ : item_mlp_;
  const Matrix<float>& gradient = projection_gradient_[is_user ? 0 : 1];
  const std::size_t slots = gradient.rows(), width = table.values.cols(), out = gradient.cols();
  table.gradient.Reshape(slots, width);
  parallel.ForRanges(slots, kPairBlock, [&](std::size_t begin, std::size_t end) {
    Gemm(Op::kNone, Op::kTranspose, end - begin, width, out, 1.0f, gradient.row(begin), out,
         FirstWeights(side), out, 0.0f, table.gradient.row(begin), width);
  });
  step_.AddRepresentationsTo(side, user_gmf_.values.cols(), table.gradient, parallel);
  Matrix<float> rows(slots, width);
  kernels::GatherRows(table.values.data(), width, table.rows.data(), slots, rows.data());
  Gemm(Op::kTranspose, Op::kNone, width, out, slots, 1.0f, rows.data(), width, gradient.data(), out,
       0.0f, first_weights_.gradient.row(is_user ? 0 : width), out);
}

void NeuMf::BackwardGmf(const Parallel& parallel) {
  step_.SumScores(Side::kItem, weighted_user_gmf_, item_gmf_.gradient, parallel);
  step_.SumScores(Side::kUser, item_gmf_.values, user_gmf_.gradient, parallel);
  Matrix<float>& sums = user_gmf_.gradient;  // of q times the gradient, still without w
  output_gmf_.gradient.SetZero();
  const float* w = output_gmf_.values.data();
  float* of_w = output_gmf_.gradient.data();
  for (std::size_t s = 0; s < sums.rows(); ++s) {
    const float* p = user_gmf_.values.row(static_cast<std::size_t>(user_gmf_.rows[s]));
    float* sum = sums.row(s);
    for (std::size_t c = 0; c < sums.cols(); ++c) {
      of_w[c] += p[c] * sum[c];
      sum[c] *= w[c];
    }
  }
  step_.AddRepresentationsTo(Side::kUser, 0, user_gmf_.gradient, parallel);
  step_.AddRepresentationsTo(Side::kItem, 0, item_gmf_.gradient, parallel);
}

void NeuMf::Backward(const Parallel& parallel) {
  step_.Sort(parallel);
  const SortedPairs& pairs = step_.pairs(Side::kUser);
  pair_users_.clear();
  for (std::size_t s = 0; s < user_gmf_.rows.size(); ++s) {
    pair_users_.insert(pair_users_.end(),
                       static_cast<std::size_t>(pairs.begin[s + 1] - pairs.begin[s]),
                       user_gmf_.rows[s]);
  }
  first_gradient_.Reshape(pair_users_.size(), first_bias_.values.cols());
  BackwardTower(parallel);
  BackwardFirstLayer(parallel);
  BackwardProjection(Side::kUser, parallel);
  BackwardProjection(Side::kItem, parallel);
  BackwardGmf(parallel);
  const Matrix<float>& of_users = projection_gradient_[0];
  first_bias_.gradient.SetZero();
  AddRows(std::vector<float>(of_users.rows(), 1.0f), of_users, first_bias_.gradient.data());
  float sum = 0.0f;
  for (const float gradient : pairs.weights) sum += gradient;
  output_bias_.gradient(0, 0) = sum;
}

}  // namespace derrd
