#include "derrd/cli/imported_teacher.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "derrd/cli/memory.h"
#include "derrd/cli/progress.h"
#include "derrd/cli/reading_progress.h"
#include "derrd/core/error.h"
#include "derrd/data/embeddings.h"
#include "derrd/data/number_table.h"
#include "derrd/data/row_order.h"
#include "derrd/data/scored_lists.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/factors.h"
#include "derrd/models/ranked_lists.h"
#include "derrd/models/representations_only.h"

namespace derrd::cli {
namespace {

struct Sides {
  Entities users, items;
};

Sides SidesOf(const Dataset& dataset) {
  return {{"user", dataset.user_ids(), dataset.path()},
          {"item", dataset.item_ids(), dataset.path()}};
}

void NoteLeftOut(const SomeIds& left_out, const std::string& what, const Dataset& dataset,
                 ImportedTeacher& teacher) {
  if (left_out.count() == 0) return;
  teacher.notes.push_back(fmt::format("left out {} {} that {} does not have: {}", left_out.count(),
                                      what, dataset.path(), left_out.Text()));
}

Matrix<float> ReadRows(const NumberTable& table, const RowOrder& order, const Entities& entities,
                       std::size_t width) {
  Progress progress(fmt::format("import {}s", entities.what), entities.ids.size(), "rows");
  auto rows = ReadEmbeddings(table, order, entities, width,
                             [&](std::size_t done) { progress.Update(done); });
  progress.Finish(rows.rows());
  return rows;
}

// One more number each: 1 for a user and the bias for an item, so that products hold it.
void AddBiases(const TeacherSource& source, const RowOrder& item_order, const Entities& items,
               Matrix<float>& user_rows, Matrix<float>& item_rows) {
  const auto table = NumberTable::Open(source.item_biases, source.bias_tensor);
  if (table.cols() != 1 || table.rows() != item_order.entity_of_row.size()) {
    Fail("{}: is {} x {}; give one bias for each of the {} rows of {}", table.name(), table.rows(),
         table.cols(), item_order.entity_of_row.size(), source.item_embeddings);
  }
  const Matrix<float> biases = ReadEmbeddings(table, item_order, items, 1, [](std::size_t) {});
  const std::size_t last = user_rows.cols() - 1;
  for (std::size_t u = 0; u < user_rows.rows(); ++u) user_rows(u, last) = 1.0f;
  for (std::size_t i = 0; i < item_rows.rows(); ++i) item_rows(i, last) = biases(i, 0);
}

void CheckShapes(const NumberTable& users, const NumberTable& items, const std::string& score) {
  for (const NumberTable* table : {&users, &items}) {
    if (!table->is_list() && table->cols() > 0) continue;
    Fail("{}: holds no rows of numbers; give a table with a row for each user or item",
         table->name());
  }
  if (users.cols() != items.cols() && score != "none") {
    Fail<UsageError>(
        "--score {}: rows of width {} ({}) and {} ({}) have no product; give --score none for a "
        "teacher of representations alone",
        score, users.cols(), users.name(), items.cols(), items.name());
  }
}

ImportedTeacher FromEmbeddings(const TeacherSource& source, const Dataset& dataset) {
  const Sides sides = SidesOf(dataset);
  const auto& [users, items] = sides;
  const auto user_table = NumberTable::Open(source.user_embeddings, source.user_tensor);
  const auto item_table = NumberTable::Open(source.item_embeddings, source.item_tensor);
  CheckShapes(user_table, item_table, source.Score());
  const bool with_biases = !source.item_biases.empty();
  const std::size_t width = std::max(user_table.cols(), item_table.cols()) + (with_biases ? 1 : 0);
  CheckMemory({{"--user-embeddings and --item-embeddings",
                sizeof(float) * static_cast<double>(width) *
                    static_cast<double>(dataset.users() + dataset.items())}});
  const RowOrder user_order = MatchRows(user_table.name(), user_table.rows(), source.user_ids,
                                        users, MissingRows::kRefused);
  const RowOrder item_order = MatchRows(item_table.name(), item_table.rows(), source.item_ids,
                                        items, MissingRows::kRefused);
  Matrix<float> user_rows = ReadRows(user_table, user_order, users, width);
  Matrix<float> item_rows = ReadRows(item_table, item_order, items, width);
  if (source.Score() == "cosine") {
    Normalise(user_rows, users);
    Normalise(item_rows, items);
  }
  if (with_biases) AddBiases(source, item_order, items, user_rows, item_rows);
  ImportedTeacher teacher{nullptr, user_order.extra.count(), item_order.extra.count(), {}};
  NoteLeftOut(user_order.extra, "users", dataset, teacher);
  NoteLeftOut(item_order.extra, "items", dataset, teacher);
  if (source.Score() == "none") {
    teacher.model =
        std::make_unique<RepresentationsOnly>(std::move(user_rows), std::move(item_rows));
  } else {
    teacher.model =
        std::make_unique<StoredFactors>(BprMf::kKind, std::move(user_rows), std::move(item_rows));
  }
  return teacher;
}

bool IsText(const std::string& rankings) { return !rankings.ends_with(".npy"); }

ImportedLists ReadLists(const TeacherSource& source, const Dataset& dataset) {
  const Sides sides = SidesOf(dataset);
  const auto& [users, items] = sides;
  if (IsText(source.rankings)) {
    ReadingProgress progress;
    return ReadListsTsv(source.rankings, users, items, std::ref(progress));
  }
  constexpr double kBytesAnEntry = 32;  // as it comes, and by user
  const auto table = NumberTable::Open(source.rankings, "");
  CheckMemory({{"--rankings", kBytesAnEntry * static_cast<double>(table.rows()) *
                                  static_cast<double>(table.cols())}});
  std::optional<NumberTable> scores;
  if (!source.ranking_scores.empty()) scores = NumberTable::Open(source.ranking_scores, "");
  return ReadListsTable(
      table, scores,
      MatchRows(table.name(), table.rows(), source.user_ids, users, MissingRows::kRefused),
      MatchRows(table.name(), std::nullopt, source.item_ids, items, MissingRows::kAllowed), users,
      items);
}

ImportedTeacher FromRankings(const TeacherSource& source, const Dataset& dataset) {
  ImportedLists read = ReadLists(source, dataset);
  ImportedTeacher teacher{nullptr, read.unknown_users.count(), read.unknown_items.count(), {}};
  teacher.order = read.by_rank ? "rank" : read.lists.scores.empty() ? "place" : "score";
  if (!read.passed_over.empty()) {
    teacher.notes.push_back(fmt::format("{}: columns passed over: {}", source.rankings,
                                        fmt::join(read.passed_over, ", ")));
  }
  NoteLeftOut(read.unknown_users, IsText(source.rankings) ? "lines of users" : "users", dataset,
              teacher);
  NoteLeftOut(read.unknown_items, "entries of items", dataset, teacher);
  teacher.model =
      std::make_unique<RankedLists>(std::move(read.lists.offsets), std::move(read.lists.items),
                                    std::move(read.lists.scores), dataset.items());
  return teacher;
}

// Refuses a flag that was given where it has no meaning.
void Refuse(const std::string& flag, bool given, const char* why) {
  if (given) Fail<UsageError>("{}: {}; leave it out", flag, why);
}

}  // namespace

std::vector<std::string> TeacherSource::Files() const {
  return {user_ids,    item_ids, user_embeddings, item_embeddings,
          item_biases, rankings, ranking_scores};
}

void CheckUsage(const TeacherSource& source) {
  const bool embeddings = !source.user_embeddings.empty() || !source.item_embeddings.empty();
  if (embeddings == !source.rankings.empty()) {
    Fail<UsageError>(
        "what is the teacher? Give either --user-embeddings and --item-embeddings, or --rankings");
  }
  if (embeddings) {
    if (source.user_embeddings.empty() || source.item_embeddings.empty()) {
      Fail<UsageError>("--{}-embeddings is missing; a teacher has rows of users and of items",
                       source.user_embeddings.empty() ? "user" : "item");
    }
    Refuse("--ranking-scores", !source.ranking_scores.empty(), "belongs to --rankings");
    Refuse("--item-biases", !source.item_biases.empty() && source.Score() == "none",
           "a teacher without scores has no biases");
    Refuse("--bias-tensor", !source.bias_tensor.empty() && source.item_biases.empty(),
           "belongs to --item-biases");
    return;
  }
  constexpr const char* kEmbeddingsOnly = "belongs to embeddings and not to rankings";
  Refuse("--score", source.score.has_value(), kEmbeddingsOnly);
  Refuse("--user-tensor", !source.user_tensor.empty(), kEmbeddingsOnly);
  Refuse("--item-tensor", !source.item_tensor.empty(), kEmbeddingsOnly);
  Refuse("--item-biases", !source.item_biases.empty(), kEmbeddingsOnly);
  Refuse("--bias-tensor", !source.bias_tensor.empty(), kEmbeddingsOnly);
  if (!IsText(source.rankings)) return;
  constexpr const char* kInTheLines = "rankings in text hold ids and scores in their lines";
  Refuse("--user-ids", !source.user_ids.empty(), kInTheLines);
  Refuse("--item-ids", !source.item_ids.empty(), kInTheLines);
  Refuse("--ranking-scores", !source.ranking_scores.empty(), kInTheLines);
}

ImportedTeacher MakeTeacher(const TeacherSource& source, const Dataset& dataset) {
  return source.rankings.empty() ? FromEmbeddings(source, dataset) : FromRankings(source, dataset);
}

}  // namespace derrd::cli
