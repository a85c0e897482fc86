#include "derrd/models/factors.h"

#include <algorithm>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/kernels/gemm.h"
#include "derrd/kernels/rows.h"
#include "derrd/models/fold_in.h"

namespace derrd {
namespace {

constexpr std::size_t kListGrain = 64;   // lists a task scores
constexpr std::size_t kPairGrain = 512;  // pairs a task scores

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

Matrix<float> CopyOf(MatrixView<const float> rows) {
  Matrix<float> copy;
  copy.Reshape(rows.rows(), rows.cols());
  std::ranges::copy(rows.elements(), copy.data());
  return copy;
}

void CopyRepresentations(MatrixView<const float> rows, std::span<const std::int32_t> entities,
                         MatrixView<float> out) {
  kernels::GatherRows(rows.data(), rows.cols(), entities.data(), entities.size(), out.data());
}

void ScoreAllItems(const FactorView& factors, std::span<const std::int32_t> users,
                   MatrixView<float> out) {
  const auto& [user, item] = factors;
  if (users.size() == 1) {  // a matrix product would first copy every item into its own order
    kernels::Dots(user.row(static_cast<std::size_t>(users[0])), item.data(), item.cols(),
                  item.rows(), out.data());
    return;
  }
  Matrix<float> block(users.size(), user.cols());
  CopyRepresentations(user, users, block);
  kernels::Gemm(kernels::Op::kNone, kernels::Op::kTranspose, users.size(), item.rows(),
                block.cols(), 1.0f, block.data(), block.cols(), item.data(), block.cols(), 0.0f,
                out.data(), out.cols());
}

void ScoreItems(const FactorView& factors, std::int32_t user, std::span<const std::int32_t> items,
                std::span<float> out) {
  kernels::GatherDots(factors.user.row(static_cast<std::size_t>(user)), factors.item.data(),
                      factors.item.cols(), items.data(), items.size(), out.data());
}

void ScoreAllItemsForLiked(const FactorView& factors, std::span<const std::int32_t> liked,
                           std::span<float> out) {
  const std::vector<float> user = FoldIn(factors.item).UserWho(liked);
  kernels::Dots(user.data(), factors.item.data(), user.size(), factors.item.rows(), out.data());
}

void ScoreListsOf(const FactorView& factors, const ScoreLists& lists, std::span<float> out,
                  const Parallel& parallel) {
  if (lists.are_pairs()) {
    parallel.ForRanges(lists.lists(), kPairGrain, [&](std::size_t begin, std::size_t end) {
      kernels::PairDots(factors.user.data(), lists.users.data() + begin, factors.item.data(),
                        lists.items.data() + begin, factors.item.cols(), end - begin,
                        out.data() + begin);
    });
    return;
  }
  parallel.ForRanges(lists.lists(), kListGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t l = begin; l < end; ++l) {
      const std::size_t first = lists.begin(l), count = lists.begin(l + 1) - first;
      ScoreItems(factors, lists.users[l], lists.items.subspan(first, count),
                 out.subspan(first, count));
    }
  });
}

MatrixView<const float> ReadRows(const SafetensorsFile& file, const std::string& name) {
  const auto rows = file.MatrixOf<float>(name);
  if (rows.cols() == 0) {
    Fail("{}: the rows of '{}' are empty; the file is damaged, so make it again", file.path(),
         name);
  }
  CheckFinite(file.path(), name, rows);
  return rows;
}

void ReadInto(const SafetensorsFile& file, const std::string& name, MatrixView<float> to) {
  const auto from = ReadRows(file, name);
  if (from.rows() != to.rows() || from.cols() != to.cols()) {
    Fail("{}: '{}' is {} x {} where {} x {} fits; the file is damaged, so make it again",
         file.path(), name, from.rows(), from.cols(), to.rows(), to.cols());
  }
  std::ranges::copy(from.elements(), to.data());
}

FactorView ReadFactors(const SafetensorsFile& file) {
  const FactorView factors{ReadRows(file, "user_embedding"), ReadRows(file, "item_embedding")};
  if (factors.user.cols() != factors.item.cols()) {
    Fail(
        "{}: user rows of width {} and item rows of width {} do not fit; the file is damaged, so "
        "make it again",
        file.path(), factors.user.cols(), factors.item.cols());
  }
  return factors;
}

void AddFactorsTo(const FactorView& factors, SafetensorsWriter& writer) {
  writer.Add("user_embedding", factors.user);
  writer.Add("item_embedding", factors.item);
}

StoredFactors::StoredFactors(std::string_view kind, const FactorView& factors)
    : StoredFactors(kind, CopyOf(factors.user), CopyOf(factors.item)) {}

StoredFactors::StoredFactors(std::string_view kind, Matrix<float> user_rows,
                             Matrix<float> item_rows)
    : kind_(kind) {
  const auto rows = std::make_shared<const std::pair<Matrix<float>, Matrix<float>>>(
      std::move(user_rows), std::move(item_rows));
  rows_ = {rows->first, rows->second};
  memory_ = rows;
}

}  // namespace derrd
