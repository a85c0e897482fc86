#include "derrd/train/warm_start.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <vector>

#include "derrd/core/error.h"

namespace derrd {
namespace {

// Where each of the ids stands among the earlier ones.
using Origins = std::vector<std::optional<std::int32_t>>;

Origins FindOrigins(const Ids& ids, const Ids& earlier) {
  Origins origins(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) origins[i] = earlier.Find(ids[i]);
  return origins;
}

WarmStartCounts Count(const Origins& origins, const Ids& earlier) {
  const auto fresh = static_cast<std::size_t>(
      std::ranges::count_if(origins, [](const auto& origin) { return !origin.has_value(); }));
  const std::size_t taken = origins.size() - fresh;
  return {taken, fresh, earlier.size() - taken};
}

void TakeRows(const Matrix<float>& from, const Origins& origins, Matrix<float>& to) {
  for (std::size_t r = 0; r < origins.size(); ++r) {
    if (!origins[r]) continue;
    std::copy_n(from.row(static_cast<std::size_t>(*origins[r])), to.cols(), to.row(r));
  }
}

void CheckFits(const Model& earlier, const std::string& path, const Model& student) {
  if (earlier.kind() != student.kind()) {
    Fail<UsageError>("--init: {} is a model of the kind '{}' and a '{}' is trained; give one of it",
                     path, earlier.kind(), student.kind());
  }
  if (earlier.representation_width() != student.representation_width()) {
    Fail<UsageError>(
        "--init: {} is of width {} and --width is {}; give --width {} or another model", path,
        earlier.representation_width(), student.representation_width(),
        earlier.representation_width());
  }
}

void CheckSameLayers(TrainableModel& earlier, const std::string& path, TrainableModel& student) {
  const auto from = earlier.dense_parameters(), to = student.dense_parameters();
  bool same = from.size() == to.size();
  for (std::size_t p = 0; same && p < to.size(); ++p) {
    same = from[p]->name == to[p]->name && from[p]->values.rows() == to[p]->values.rows() &&
           from[p]->values.cols() == to[p]->values.cols();
  }
  if (same) return;
  Fail<UsageError>("--init: {} has other layers than this run; give it the same flags", path);
}

}  // namespace

WarmStartReport WarmStart(const ModelFile& earlier, const std::string& path, const Ids& user_ids,
                          const Ids& item_ids, TrainableModel& student) {
  auto* from = dynamic_cast<TrainableModel*>(earlier.model.get());
  if (from == nullptr) {
    Fail<UsageError>(
        "--init: {} holds what answers and not what was trained, so nothing can start from it; "
        "leave it out",
        path);
  }
  CheckFits(*from, path, student);
  CheckSameLayers(*from, path, student);
  const Origins users = FindOrigins(user_ids, earlier.user_ids);
  const Origins items = FindOrigins(item_ids, earlier.item_ids);
  const auto from_tables = from->tables(), to_tables = student.tables();
  for (std::size_t t = 0; t < to_tables.size(); ++t) {
    assert(from_tables[t]->name == to_tables[t]->name);
    TakeRows(from_tables[t]->values, to_tables[t]->side == Side::kUser ? users : items,
             to_tables[t]->values);
  }
  const auto from_dense = from->dense_parameters(), to_dense = student.dense_parameters();
  for (std::size_t p = 0; p < to_dense.size(); ++p) to_dense[p]->values = from_dense[p]->values;
  return {Count(users, earlier.user_ids), Count(items, earlier.item_ids)};
}

}  // namespace derrd
