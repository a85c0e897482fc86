// derrd import-teacher: what another program trained in, one model file out.
#include <fmt/format.h>

#include <iostream>
#include <string>
#include <utility>

#include "derrd/cli/command.h"
#include "derrd/cli/imported_teacher.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/training.h"
#include "derrd/core/error.h"
#include "derrd/eval/evaluator.h"
#include "derrd/models/ranked_lists.h"
#include "derrd/report/table.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ImportTeacherOptions : CommonOptions {
  std::string dataset;
  std::string output;
  TeacherSource source;
};

// Rows in a wrong order are told by it, and so are scores that are not finite.
Metrics EvaluateOnValidation(const Model& model, const Dataset& dataset,
                             const ImportTeacherOptions& options) {
  if (!model.has_scores() || dataset.valid().empty()) return {};
  return Evaluate(model, dataset, Split::kValid, Parallel(options.threads));
}

Json ConfigOf(const ImportTeacherOptions& options, const Dataset& dataset) {
  const TeacherSource& source = options.source;
  Json config = {{"method", "import-teacher"}, {config_keys::kDataset, dataset.fingerprint()}};
  if (source.rankings.empty()) {
    config["score"] = source.Score();
    config["item_biases"] = !source.item_biases.empty();
  }
  return config;
}

Json ToJson(const ModelFile& file, const ImportedTeacher& teacher,
            const ImportTeacherOptions& options) {
  Json json = {{"teacher", options.output},
               {"kind", file.model->kind()},
               {"users", file.model->users()},
               {"items", file.model->items()},
               {"representation_width", file.model->representation_width()},
               {"parameters", file.model->parameters()},
               {"left_out", {{"users", teacher.left_out_users}, {"items", teacher.left_out_items}}},
               {"valid", file.metrics}};
  if (file.model->lists() != nullptr) json["ordered_by"] = teacher.order;
  return json;
}

// A column of scores that is not taken for one shows by the order.
std::string ToText(const ModelFile& file, const ImportedTeacher& teacher, const Metrics& valid,
                   const Dataset& dataset, const ImportTeacherOptions& options) {
  std::string text =
      fmt::format("{}: {} of {} users and {} items, {} numbers", options.output, file.model->kind(),
                  WithThousands(file.model->users()), WithThousands(file.model->items()),
                  WithThousands(file.model->parameters()));
  const std::string main(MainMetric(dataset.protocol()));
  if (file.model->lists() != nullptr) {
    text += fmt::format(", ordered by {}", teacher.order);
  }
  if (valid.Has(main)) text += fmt::format(", validation {} {:.4f}", main, valid.At(main));
  return text + "\n";
}

void Run(const ImportTeacherOptions& options) {
  CheckUsage(options.source);
  std::vector<std::string> inputs = options.source.Files();
  inputs.push_back(options.dataset);
  CheckOutputs({options.output}, inputs);
  const Dataset dataset = Dataset::Open(options.dataset);
  ImportedTeacher teacher = MakeTeacher(options.source, dataset);
  const Metrics valid = EvaluateOnValidation(*teacher.model, dataset, options);
  const ModelFile file =
      FileOf(dataset, std::move(teacher.model), ConfigOf(options, dataset), valid);
  file.Write(options.output);
  for (const std::string& note : teacher.notes) Note(note);
  if (options.json) return PrintJson(ToJson(file, teacher, options));
  std::cerr << ToText(file, teacher, valid, dataset, options);
}

void AddSourceFlags(CLI::App& app, TeacherSource& source) {
  app.add_option("--user-embeddings", source.user_embeddings,
                 "Rows of the users: .npy, or .safetensors with --user-tensor");
  app.add_option("--item-embeddings", source.item_embeddings,
                 "Rows of the items: .npy, or .safetensors with --item-tensor");
  app.add_option("--user-tensor", source.user_tensor, "Name of the users' tensor");
  app.add_option("--item-tensor", source.item_tensor, "Name of the items' tensor");
  app.add_option("--item-biases", source.item_biases,
                 "A number for each item that is added to its scores");
  app.add_option("--bias-tensor", source.bias_tensor, "Name of the biases' tensor");
  app.add_option("--score", source.score,
                 "What a score is: dot (product of rows; unless given), cosine, or none (the rows "
                 "are representations alone, perhaps of different widths)")
      ->check(CLI::IsMember({"dot", "cosine", "none"}));
  app.add_option("--rankings", source.rankings,
                 "Rankings instead of embeddings. .npy: whole numbers, users x K, items best "
                 "first; else text: user, item and perhaps score, separated by tabs");
  app.add_option("--ranking-scores", source.ranking_scores,
                 "Scores of .npy rankings, of the same shape; they order each row");
  app.add_option("--user-ids", source.user_ids,
                 "Id of each row, one a line (the data set's users in its order unless given)");
  app.add_option("--item-ids", source.item_ids,
                 "Id of each item's row, one a line (the data set's items in its order unless "
                 "given)");
}

}  // namespace

void AddImportTeacherCommand(CLI::App& program) {
  auto [app, options] = AddCommand<ImportTeacherOptions>(
      program, "import-teacher", "Makes a teacher of embeddings or rankings from elsewhere",
      "derrd import-teacher citeulike.derrd --user-embeddings u.npy --item-embeddings i.npy "
      "--user-ids users.txt --item-ids items.txt -o teacher.derrd\n  "
      "derrd import-teacher citeulike.derrd --user-embeddings t.safetensors --user-tensor user "
      "--item-embeddings t.safetensors --item-tensor item -o teacher.derrd\n  "
      "derrd import-teacher citeulike.derrd --rankings top500.tsv -o teacher.derrd",
      Run);
  app->add_option("DATASET", options->dataset, "Data set made by `derrd import`")->required();
  AddSourceFlags(*app, options->source);
  app->add_option("-o,--output", options->output, "Model file to write")->required();
}

}  // namespace derrd::cli
