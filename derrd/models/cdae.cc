#include "derrd/models/cdae.h"

#include <algorithm>
#include <cmath>

#include "derrd/core/error.h"
#include "derrd/core/initial_values.h"
#include "derrd/kernels/exp_log.h"
#include "derrd/kernels/rows.h"
#include "derrd/kernels/vectors.h"
#include "derrd/models/factors.h"

namespace derrd {
namespace {

constexpr float kCdaeDeviation = 0.01f;
constexpr std::size_t kEncodeGrain = 32;   // rows a task computes
constexpr std::size_t kScoreGrain = 8192;  // scores a task adds the bias to

constexpr const char* kOffsets = "interaction_offsets";
constexpr const char* kItems = "interaction_items";

// The interactions in a file, checked: whoever follows them must not leave the tables.
Interactions ReadLists(const SafetensorsFile& file, std::size_t users, std::size_t items) {
  const Interactions lists{file.Elements<std::int64_t>(kOffsets),
                           file.Elements<std::int32_t>(kItems)};
  const bool whole = lists.offsets.size() == users + 1 && lists.offsets.front() == 0 &&
                     std::ranges::is_sorted(lists.offsets) &&
                     lists.offsets.back() == static_cast<std::int64_t>(lists.items.size());
  const bool in_range = std::ranges::all_of(lists.items, [&](std::int32_t item) {
    return item >= 0 && static_cast<std::size_t>(item) < items;
  });
  if (!whole || !in_range) {
    Fail(
        "{}: its interactions do not fit {} users and {} items; the file is damaged, so make it "
        "again",
        file.path(), users, items);
  }
  return lists;
}

}  // namespace

Cdae::Cdae(const Interactions& lists, std::size_t items, std::size_t width)
    : lists_{{lists.offsets.begin(), lists.offsets.end()},
             {lists.items.begin(), lists.items.end()}},
      user_(Side::kUser, "user_embedding", lists.users(), width),
      item_input_(Side::kItem, "item_input_embedding", items, width),
      item_(Side::kItem, "item_embedding", items, width),
      item_bias_(Side::kItem, "item_bias", items, 1),
      hidden_bias_("hidden_bias", 1, width),
      hidden_(lists.users(), width),
      input_slots_(items, 0) {}

Cdae::Cdae(const Interactions& lists, std::size_t items, std::size_t width, double corruption,
           std::uint64_t seed)
    : Cdae(lists, items, width) {
  corruption_ = static_cast<float>(corruption);
  seed_ = seed;
  const float encoder = 1.0f / std::sqrt(static_cast<float>(items));
  const float decoder = 1.0f / std::sqrt(static_cast<float>(width));
  DrawNormalRows(user_.values, kCdaeDeviation, seed, Role::kInitialUser, 0);
  DrawUniformRows(item_.values, decoder, seed, Role::kInitialItem, 0);
  DrawUniformRows(item_input_.values, encoder, seed, Role::kInitialItem, 1);
  DrawUniformRows(item_bias_.values, decoder, seed, Role::kInitialItem, 2);
  DrawUniform(hidden_bias_.values, encoder, RandomStream(seed, Role::kInitialLayer, 0, 0));
}

std::unique_ptr<Cdae> Cdae::FromFile(const SafetensorsFile& file) {
  const auto user = ReadRows(file, "user_embedding"), item = ReadRows(file, "item_embedding");
  auto model = std::unique_ptr<Cdae>(
      new Cdae(ReadLists(file, user.rows(), item.rows()), item.rows(), item.cols()));
  for (EmbeddingTable* table : model->tables_) ReadInto(file, table->name, table->values);
  for (DenseParameter* parameter : model->dense_) {
    ReadInto(file, parameter->name, parameter->values);
  }
  model->Refresh(Parallel(1));
  return model;
}

std::unique_ptr<Model> Cdae::Copy() const {
  auto copy = std::unique_ptr<Cdae>(new Cdae(lists_.view(), items(), representation_width()));
  for (std::size_t t = 0; t < tables_.size(); ++t) copy->tables_[t]->values = tables_[t]->values;
  copy->hidden_bias_.values = hidden_bias_.values;
  copy->hidden_ = hidden_;
  return copy;
}

std::size_t Cdae::parameters() const {
  std::size_t count = hidden_bias_.values.size();
  for (const EmbeddingTable* table : tables_) count += table->values.size();
  return count;
}

void Cdae::AddTo(SafetensorsWriter& writer) const {
  for (const EmbeddingTable* table : tables_) {
    writer.Add(table->name, MatrixView<const float>(table->values));
  }
  writer.Add(hidden_bias_.name, MatrixView<const float>(hidden_bias_.values));
  writer.Add(kOffsets, std::span<const std::int64_t>(lists_.offsets));
  writer.Add(kItems, std::span<const std::int32_t>(lists_.items));
}

void Cdae::Representations(Side side, std::span<const std::int32_t> entities,
                           MatrixView<float> out) const {
  CopyRepresentations(side == Side::kUser ? hidden_ : item_.values, entities, out);
}

void Cdae::ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const {
  derrd::ScoreAllItems({hidden_, item_.values}, users, out);
  for (std::size_t u = 0; u < users.size(); ++u) {
    kernels::AddScaled(1.0f, item_bias_.values.data(), items(), out.row(u));
  }
}

void Cdae::ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                      std::span<float> out) const {
  derrd::ScoreItems({hidden_, item_.values}, user, items, out);
  for (std::size_t i = 0; i < items.size(); ++i) {
    out[i] += item_bias_.values.data()[items[i]];
  }
}

void Cdae::ScoreAllItemsForLiked(std::span<const std::int32_t> liked, std::span<float> out) const {
  std::vector<std::int32_t> distinct(liked.begin(), liked.end());
  std::ranges::sort(distinct);
  const auto repeated = std::ranges::unique(distinct);
  distinct.erase(repeated.begin(), repeated.end());
  const std::vector<float> nothing(representation_width(), 0.0f);
  std::vector<float> hidden(representation_width());
  Encode(distinct, 1.0f, nothing.data(), hidden.data());
  kernels::Dots(hidden.data(), item_.values.data(), hidden.size(), items(), out.data());
  kernels::AddScaled(1.0f, item_bias_.values.data(), items(), out.data());
}

// out = sigma(scale * sum of the kept items' rows + own + b)
void Cdae::Encode(std::span<const std::int32_t> kept, float scale, const float* own,
                  float* out) const {
  const std::size_t width = representation_width();
  const std::vector<float> weights(kept.size(), scale);
  std::copy_n(own, width, out);
  kernels::AddScaled(1.0f, hidden_bias_.values.data(), width, out);
  kernels::AddWeightedRows(weights.data(), kept.data(), kept.size(), item_input_.values.data(),
                           width, width, out);
  kernels::Sigmoid(out, width, out);
}

void Cdae::Refresh(const Parallel& parallel) {
  const Interactions lists = lists_.view();
  parallel.ForRanges(users(), kEncodeGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t u = begin; u < end; ++u) {
      Encode(lists.Of(u), 1.0f, user_.values.row(u), hidden_.row(u));
    }
  });
}

// The distinct items that the step's users interacted with, whether or not the step leaves them
// out.
void Cdae::SelectInputs(std::span<const std::int32_t> users) {
  std::vector<std::int32_t>& rows = item_input_.rows;
  rows.clear();
  for (const std::int32_t user : users) {
    for (const std::int32_t item : lists_.view().Of(static_cast<std::size_t>(user))) {
      std::int32_t& slot = input_slots_[static_cast<std::size_t>(item)];
      const auto s = static_cast<std::size_t>(slot);
      if (s < rows.size() && rows[s] == item) continue;
      slot = static_cast<std::int32_t>(rows.size());
      rows.push_back(item);
    }
  }
}

void Cdae::SelectRows(std::span<const std::int32_t> users, std::span<const std::int32_t> items) {
  user_.rows.assign(users.begin(), users.end());
  item_.rows.assign(items.begin(), items.end());
  item_bias_.rows = item_.rows;
  SelectInputs(users);
  step_.Begin(users, this->users(), items, this->items());
}

void Cdae::Forward(std::uint32_t step, const Parallel& parallel) {
  kept_.offsets.assign(1, 0);
  kept_.items.clear();
  for (const std::int32_t user : user_.rows) {
    RandomStream stream(seed_, Role::kCorruption, step, static_cast<std::uint64_t>(user));
    for (const std::int32_t item : lists_.view().Of(static_cast<std::size_t>(user))) {
      if (stream.Uniform() >= corruption_) kept_.items.push_back(item);
    }
    kept_.offsets.push_back(static_cast<std::int64_t>(kept_.items.size()));
  }
  const float scale = 1.0f / (1.0f - corruption_);
  parallel.ForRanges(user_.rows.size(), kEncodeGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t s = begin; s < end; ++s) {
      const auto user = static_cast<std::size_t>(user_.rows[s]);
      Encode(kept_.view().Of(s), scale, user_.values.row(user), hidden_.row(user));
    }
  });
}

void Cdae::Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) {
  ScoreListsOf({hidden_, item_.values}, lists, out, parallel);
  parallel.ForRanges(out.size(), kScoreGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p) out[p] += item_bias_.values.data()[lists.items[p]];
  });
}

// What went into the hidden layers: user_.gradient holds the gradients of that.
void Cdae::BackwardInputs(const Parallel& parallel) {
  OwnedInteractions by_slot = kept_;
  for (std::int32_t& item : by_slot.items) item = input_slots_[static_cast<std::size_t>(item)];
  const OwnedInteractions users_of = ByItem(by_slot.view(), item_input_.rows.size());
  const std::vector<float> scales(by_slot.items.size(), 1.0f / (1.0f - corruption_));
  const std::size_t width = representation_width();
  item_input_.gradient.Reshape(item_input_.rows.size(), width);
  parallel.ForRanges(
      item_input_.rows.size(), kEncodeGrain, [&](std::size_t begin, std::size_t end) {
        kernels::SumWeightedLists(scales.data(), users_of.items.data(),
                                  users_of.offsets.data() + begin, end - begin,
                                  user_.gradient.data(), width, item_input_.gradient.row(begin));
      });
}

void Cdae::Backward(const Parallel& parallel) {
  step_.Sort(parallel);
  step_.SumScores(Side::kItem, hidden_, item_.gradient, parallel);
  step_.AddRepresentationsTo(Side::kItem, 0, item_.gradient, parallel);
  const SortedPairs& by_item = step_.pairs(Side::kItem);
  item_bias_.gradient.Reshape(item_.rows.size(), 1);
  for (std::size_t s = 0; s < item_.rows.size(); ++s) {
    float sum = 0.0f;
    for (auto p = by_item.begin[s]; p < by_item.begin[s + 1]; ++p) {
      sum += by_item.weights[static_cast<std::size_t>(p)];
    }
    item_bias_.gradient(s, 0) = sum;
  }
  step_.SumScores(Side::kUser, item_.values, user_.gradient, parallel);
  step_.AddRepresentationsTo(Side::kUser, 0, user_.gradient, parallel);
  hidden_bias_.gradient.SetZero();
  for (std::size_t s = 0; s < user_.rows.size(); ++s) {
    const float* z = hidden_.row(static_cast<std::size_t>(user_.rows[s]));
    float* gradient = user_.gradient.row(s);
    for (std::size_t c = 0; c < representation_width(); ++c) gradient[c] *= z[c] * (1.0f - z[c]);
    kernels::AddScaled(1.0f, gradient, representation_width(), hidden_bias_.gradient.data());
  }
  BackwardInputs(parallel);
}

}  // namespace derrd
