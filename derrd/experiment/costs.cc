#include "derrd/experiment/costs.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "derrd/eval/evaluator.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/int8_rows.h"
#include "derrd/serve/measure.h"
#include "derrd/serve/recommender.h"

namespace derrd {
namespace {

double MedianOf(const Recommender& recommender) {
  return MeasureLatency(recommender, {.queries = 2000, .seconds = 1}).p50;
}

// In place of a model's numbers: one byte each, and a scale a row.
std::uintmax_t Int8Bytes(const std::string& path, const Model& model) {
  const std::size_t rows = model.users() + model.items();
  return std::filesystem::file_size(path) - model.parameters() * sizeof(float) +
         rows * (model.representation_width() + sizeof(float));
}

}  // namespace

double MicrosecondsPerQuery(const std::string& model_path, const Dataset& dataset) {
  return MedianOf(*Recommender::Open(model_path, dataset.path()));
}

std::optional<nlohmann::ordered_json> Int8Facts(const std::string& model_path,
                                                const Dataset& dataset) {
  ModelFile file = ModelFile::Open(model_path);
  const auto factors = file.model->factors();
  if (!factors) return std::nullopt;
  const std::uintmax_t bytes = Int8Bytes(model_path, *file.model);
  const Matrix<float> users = RestoreRows(QuantiseRows(factors->user));
  const Matrix<float> items = RestoreRows(QuantiseRows(factors->item));
  file.model = std::make_unique<BprMf>(users, items);
  const Metrics test = Evaluate(*file.model, dataset, Split::kTest, Parallel(1));
  const auto recommender =
      Recommender::Of(std::move(file), model_path, dataset.train(), Precision::kInt8);
  return nlohmann::ordered_json{
      {"bytes", bytes}, {"test", ToJson(test)}, {"microseconds_per_query", MedianOf(*recommender)}};
}

}  // namespace derrd
