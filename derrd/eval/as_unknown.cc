#include "derrd/eval/as_unknown.h"

#include <algorithm>
#include <vector>

#include "derrd/models/factors.h"
#include "derrd/models/fold_in.h"

namespace derrd {
namespace {

constexpr std::size_t kFoldGrain = 64;  // users a task solves

std::unique_ptr<Model> FoldUsersIn(const Model& model, const FactorView& factors,
                                   const Interactions& train, const Parallel& parallel) {
  const FoldIn fold_in(factors.item);
  const auto rows = std::make_shared<Matrix<float>>(factors.user.rows(), factors.user.cols());
  parallel.ForRanges(rows->rows(), kFoldGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t user = begin; user < end; ++user) {
      if (train.Of(user).empty()) continue;
      std::ranges::copy(fold_in.UserWho(train.Of(user)), rows->row(user));
    }
  });
  return std::make_unique<StoredFactors>(model.kind(), FactorView{*rows, factors.item}, rows);
}

class AskedAsUnknown : public Model {
 public:
  AskedAsUnknown(const Model& model, const Interactions& train) : model_(model), train_(train) {}

  std::string_view kind() const override { return model_.kind(); }
  std::size_t users() const override { return model_.users(); }
  std::size_t items() const override { return model_.items(); }
  std::size_t parameters() const override { return model_.parameters(); }
  std::size_t representation_width() const override { return model_.representation_width(); }
  void Representations(Side side, std::span<const std::int32_t> entities,
                       MatrixView<float> out) const override {
    model_.Representations(side, entities, out);
  }
  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override {
    for (std::size_t u = 0; u < users.size(); ++u) {
      ScoreFor(users[u], {out.row(u), out.cols()});
    }
  }
  void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                  std::span<float> out) const override {
    std::vector<float> scores(model_.items());
    ScoreFor(user, scores);
    std::ranges::transform(items, out.begin(), [&](std::int32_t item) {
      return scores[static_cast<std::size_t>(item)];
    });
  }
  void ScoreAllItemsForLiked(std::span<const std::int32_t> liked,
                             std::span<float> out) const override {
    model_.ScoreAllItemsForLiked(liked, out);
  }
  void AddTo(SafetensorsWriter& writer) const override { model_.AddTo(writer); }

 private:
  void ScoreFor(std::int32_t user, std::span<float> out) const {
    const auto liked = train_.Of(static_cast<std::size_t>(user));
    if (liked.empty()) {
      std::ranges::fill(out, 0.0f);
    } else {
      model_.ScoreAllItemsForLiked(liked, out);
    }
  }

  const Model& model_;
  Interactions train_;
};

}  // namespace

std::unique_ptr<Model> AsUnknown(const Model& model, const Interactions& train,
                                 const Parallel& parallel) {
  if (const auto factors = model.factors()) return FoldUsersIn(model, *factors, train, parallel);
  return std::make_unique<AskedAsUnknown>(model, train);
}

}  // namespace derrd
