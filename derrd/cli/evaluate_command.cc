// derrd evaluate: how well models rank what was held out, side by side.
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/core/error.h"
#include "derrd/eval/as_unknown.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/same_ids.h"
#include "derrd/experiment/costs.h"
#include "derrd/report/table.h"

namespace derrd::cli {
namespace {

struct EvaluateOptions : CommonOptions {
  std::string dataset;
  std::vector<std::string> models;
  std::string split = "test";
  std::string teacher;
  bool latency = false;
  bool fold_in = false;
};

struct Evaluated {
  std::string path;
  Metrics metrics;
  std::optional<Metrics> folded_in;  // as if it knew none of its users
  std::size_t parameters = 0;
  std::uintmax_t bytes = 0;
  std::optional<double> microseconds;
  Metrics share;  // of the teacher's metrics; empty without a teacher
};

// Nothing, and a note, where a model cannot answer somebody new: the others still can.
std::optional<Metrics> EvaluateFoldedIn(const Model& model, const std::string& path,
                                        const Dataset& dataset, Split split,
                                        const Parallel& parallel) {
  try {
    return Evaluate(*AsUnknown(model, dataset.train(), parallel), dataset, split, parallel);
  } catch (const NotFinite&) {
    throw;
  } catch (const Error& error) {
    Note(fmt::format("--fold-in: {}: {}", path, error.what()));
    return std::nullopt;
  }
}

Evaluated EvaluateFile(const std::string& path, const Dataset& dataset, Split split,
                       const EvaluateOptions& options, const Parallel& parallel) {
  const ModelFile file = ModelFile::Open(path);
  CheckSameIds(file, path, dataset);
  Note(NoteOnOtherData(file, path, dataset));
  try {
    Evaluated result{path,
                     Evaluate(*file.model, dataset, split, parallel),
                     {},
                     file.model->parameters(),
                     std::filesystem::file_size(path),
                     {},
                     {}};
    if (options.fold_in)
      result.folded_in = EvaluateFoldedIn(*file.model, path, dataset, split, parallel);
    const bool answers = file.model->has_scores();  // lists alone have nothing to compute
    if (options.latency && answers) result.microseconds = MicrosecondsPerQuery(path, dataset);
    return result;
  } catch (const NotFinite& error) {
    Fail<NotFinite>("{}: {}", path, error.what());
  } catch (const Error& error) {
    Fail("{}: {}", path, error.what());
  }
}

nlohmann::ordered_json ToJson(const Evaluated& model, Split split) {
  nlohmann::ordered_json json = {{"path", model.path},
                                 {"split", Name(split)},
                                 {"metrics", derrd::ToJson(model.metrics)},
                                 {"parameters", model.parameters},
                                 {"bytes", model.bytes}};
  if (model.microseconds) json["microseconds_per_query"] = *model.microseconds;
  if (model.folded_in) json["fold_in_metrics"] = derrd::ToJson(*model.folded_in);
  if (!model.share.empty()) json["share_of_teacher"] = derrd::ToJson(model.share);
  return json;
}

std::string ToTable(const std::vector<Evaluated>& models, const std::string& main_metric,
                    const EvaluateOptions& options) {
  Table table;
  table.AddColumn("model", Table::Align::kLeft);
  for (const auto& [name, value] : models.front().metrics) table.AddColumn(name);
  if (!options.teacher.empty()) table.AddColumn(main_metric + " / teacher's");
  table.AddColumn("parameters");
  table.AddColumn("size");
  if (options.latency) table.AddColumn("us/query");
  for (const Evaluated& model : models) {
    std::vector<std::string> row = {model.path};
    for (const auto& [name, value] : model.metrics) row.push_back(fmt::format("{:.4f}", value));
    if (!options.teacher.empty()) {
      row.push_back(model.share.Has(main_metric) ? Percent(model.share.At(main_metric)) : "-");
    }
    row.push_back(WithThousands(model.parameters));
    row.push_back(HumanBytes(model.bytes));
    if (options.latency) {
      row.push_back(model.microseconds ? fmt::format("{:.1f}", *model.microseconds) : "-");
    }
    table.AddRow(std::move(row));
    if (!model.folded_in) continue;
    row = {model.path + ", users folded in"};
    for (const auto& [name, value] : *model.folded_in) row.push_back(fmt::format("{:.4f}", value));
    row.resize(table.columns());
    table.AddRow(std::move(row));
  }
  return table.ToMarkdown();
}

void RunEvaluate(const EvaluateOptions& options) {
  const Split split = ParseSplit(options.split);
  const Parallel parallel(options.threads);
  const Dataset dataset = Dataset::Open(options.dataset);
  std::vector<Evaluated> models;
  const bool with_teacher = !options.teacher.empty();
  if (with_teacher) {
    models.push_back(EvaluateFile(options.teacher, dataset, split, options, parallel));
  }
  for (const std::string& path : options.models) {
    models.push_back(EvaluateFile(path, dataset, split, options, parallel));
  }
  if (with_teacher) {
    const Metrics teacher = models.front().metrics;
    for (Evaluated& model : models) model.share = ShareOf(model.metrics, teacher);
  }

  if (!options.json) {
    return Print(fmt::format(
        "{}: protocol {}, split {}\n\n{}", dataset.path(), Name(dataset.protocol()), Name(split),
        ToTable(models, std::string(MainMetric(dataset.protocol())), options)));
  }
  nlohmann::ordered_json json = {{"dataset", options.dataset},
                                 {"protocol", Name(dataset.protocol())}};
  if (with_teacher) json["teacher"] = ToJson(models.front(), split);
  json["models"] = nlohmann::ordered_json::array();
  for (std::size_t m = with_teacher ? 1 : 0; m < models.size(); ++m) {
    json["models"].push_back(ToJson(models[m], split));
  }
  PrintJson(json);
}

}  // namespace

void AddEvaluateCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<EvaluateOptions>(
      program, "evaluate", "Measure how well models rank what was held out",
      "derrd evaluate citeulike.derrd student.derrd --teacher teacher.derrd --latency",
      RunEvaluate);
  app->add_option("DATASET", options->dataset, "Data set that the models were trained on")
      ->required();
  app->add_option("MODEL", options->models, "Models to compare")->required();
  app->add_option("--split", options->split, "What was held out: valid or test")
      ->capture_default_str();
  app->add_option("--teacher", options->teacher,
                  "Also evaluate this model, and say what share of its accuracy each one reaches");
  app->add_flag(
      "--fold-in", options->fold_in,
      "Also evaluate each model as if it knew none of the users: each is somebody new who "
      "likes their training items");
  app->add_flag("--latency", options->latency,
                "Also measure the microseconds of a query: the top 10 of one user, on one thread");
}

}  // namespace derrd::cli
