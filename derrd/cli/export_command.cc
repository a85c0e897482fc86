// derrd export: a student in the formats of what people already run.
#include <fmt/format.h>

#include <deque>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/cli/memory.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/export/faiss_file.h"
#include "derrd/export/hnsw_graph.h"
#include "derrd/export/int8_file.h"
#include "derrd/export/pgvector_sql.h"
#include "derrd/export/row_files.h"
#include "derrd/models/model.h"
#include "derrd/report/table.h"

namespace derrd::cli {
namespace {

struct ExportFormat;

struct ExportOptions : CommonOptions {
  std::string model;
  std::string output;
  const ExportFormat* format = nullptr;
  std::optional<std::size_t> hnsw_m, hnsw_ef_construction;
  std::optional<std::string> tables;

  HnswSettings Hnsw() const {
    HnswSettings settings;
    settings.m = hnsw_m.value_or(settings.m);
    settings.ef_construction = hnsw_ef_construction.value_or(settings.ef_construction);
    return settings;
  }
};

// What is written, and what there is to tell of it.
struct ExportJob {
  const ExportOptions& options;
  const ModelFile& model;
  FactorView factors;
  nlohmann::ordered_json told = nlohmann::ordered_json::object();
};

void WriteUserRows(ExportJob& job, OutputFile& file) { WriteNpy(job.factors.user, file); }
void WriteItemRows(ExportJob& job, OutputFile& file) { WriteNpy(job.factors.item, file); }
void WriteUserIds(ExportJob& job, OutputFile& file) {
  WriteIdLines(job.model.user_ids, "user", file);
}
void WriteItemIds(ExportJob& job, OutputFile& file) {
  WriteIdLines(job.model.item_ids, "item", file);
}
void WriteInt8Rows(ExportJob& job, OutputFile& file) { WriteInt8(job.model, job.factors, file); }
void WriteFaiss(ExportJob& job, OutputFile& file) { WriteFaissFlat(job.factors.item, file); }

void WriteHnswlib(ExportJob& job, OutputFile& file) {
  constexpr std::size_t kTop = 10, kEf = 100, kUsers = 200;
  const MatrixView<const float> rows = job.factors.item;
  const HnswSettings settings = job.options.Hnsw();
  CheckMemory({{"--hnsw-m", HnswGraph::Bytes(rows.rows(), rows.cols(), settings)}});
  Progress progress("link", rows.rows(), "items");
  const HnswGraph graph(rows, settings, job.options.seed,
                        [&](std::size_t done) { progress.Update(done); });
  progress.Finish(rows.rows());
  graph.WriteTo(file);
  job.told["recall"] = {
      {"k", kTop}, {"ef", kEf}, {"value", HnswRecall(graph, job.factors, kTop, kEf, kUsers)}};
}

void WriteSql(ExportJob& job, OutputFile& file) {
  PgvectorSettings settings;
  settings.tables = job.options.tables.value_or(settings.tables);
  settings.index = job.options.Hnsw();
  WritePgvector(job.model, job.factors, settings, file);
}

// A file of an export: what follows OUTPUT in its name.
struct ExportFile {
  const char* suffix;
  void (*write)(ExportJob&, OutputFile&);
};

struct ExportFormat {
  const char* name;
  std::vector<ExportFile> files;
  bool has_graph = false;
  bool has_tables = false;
};

constexpr ExportFile kUserRows{".users.npy", WriteUserRows};
constexpr ExportFile kItemRows{".items.npy", WriteItemRows};
constexpr ExportFile kUserIds{".user_ids.txt", WriteUserIds};
constexpr ExportFile kItemIds{".item_ids.txt", WriteItemIds};

const std::vector<ExportFormat>& ExportFormats() {
  static const std::vector<ExportFormat> formats = {
      {"npy", {kUserRows, kItemRows, kUserIds, kItemIds}},
      {"int8", {{"", WriteInt8Rows}}},
      {"faiss", {{"", WriteFaiss}, kItemIds, kUserRows, kUserIds}},
      {"hnswlib", {{"", WriteHnswlib}, kItemIds, kUserRows, kUserIds}, /*has_graph=*/true},
      {"pgvector", {{"", WriteSql}}, /*has_graph=*/true, /*has_tables=*/true},
  };
  return formats;
}

void CheckUsage(const ExportOptions& options) {
  const ExportFormat& format = *options.format;
  if (options.output.empty()) Fail<UsageError>("--output: the path is empty; name what to write");
  if (options.output.ends_with('/')) {
    Fail<UsageError>("--output {}: is a folder; add the name that the files begin with",
                     options.output);
  }
  if ((options.hnsw_m || options.hnsw_ef_construction) && !format.has_graph) {
    Fail<UsageError>(
        "--format {}: has no graph for --hnsw-m and --hnsw-ef-construction; leave "
        "them out",
        format.name);
  }
  if (options.tables && !format.has_tables) {
    Fail<UsageError>("--format {}: has no tables to name; leave out --tables", format.name);
  }
  if (options.tables && !IsTablePrefix(*options.tables)) {
    Fail<UsageError>(
        "--tables '{}': cannot begin the name of a table; give at most 40 of a-z, 0-9 "
        "and _, not a digit first",
        *options.tables);
  }
  const HnswSettings hnsw = options.Hnsw();
  if (hnsw.ef_construction < 2 * hnsw.m) {
    Fail<UsageError>("--hnsw-ef-construction {}: is less than twice --hnsw-m {}; give at least {}",
                     hnsw.ef_construction, hnsw.m, 2 * hnsw.m);
  }
}

std::vector<std::string> ExportPaths(const ExportOptions& options) {
  std::vector<std::string> paths;
  for (const ExportFile& file : options.format->files)
    paths.push_back(options.output + file.suffix);
  return paths;
}

FactorView FactorsToExport(const ModelFile& file, const ExportOptions& options) {
  const auto factors = file.model->factors();
  if (factors) return *factors;
  Fail(
      "{}: a {} model has no rows whose inner products are its scores, and nothing else can be "
      "exported; distil it into one that has (derrd distill --teacher {} --model bpr-mf) and "
      "export that",
      options.model, file.model->kind(), options.model);
}

// All of them appear, or none.
void WriteExport(ExportJob& job) {
  std::deque<OutputFile> outputs;
  for (const std::string& path : ExportPaths(job.options)) outputs.emplace_back(path);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    job.options.format->files[i].write(job, outputs[i]);
  }
  for (OutputFile& output : outputs) output.Sync();  // what may fail, before the first is renamed
  for (OutputFile& output : outputs) output.Commit();
}

nlohmann::ordered_json ToJson(const ExportJob& job) {
  nlohmann::ordered_json json = {
      {"model", job.options.model},        {"format", job.options.format->name},
      {"files", ExportPaths(job.options)}, {"users", job.factors.user.rows()},
      {"items", job.factors.item.rows()},  {"width", job.factors.item.cols()}};
  json.update(job.told);
  return json;
}

std::string ToText(const ExportJob& job) {
  std::string text =
      fmt::format("{} users and {} items of {} numbers", WithThousands(job.factors.user.rows()),
                  WithThousands(job.factors.item.rows()), job.factors.item.cols());
  if (job.told.contains("recall")) {
    const auto& recall = job.told["recall"];
    text +=
        fmt::format("; at ef {}, {:.1f} % of the exact top {} are found", recall["ef"].get<int>(),
                    100 * recall["value"].get<double>(), recall["k"].get<int>());
  }
  for (const std::string& path : ExportPaths(job.options)) text += fmt::format("\n  {}", path);
  return text + "\n";
}

void RunExport(const ExportOptions& options) {
  CheckUsage(options);
  CheckOutputs(ExportPaths(options), {options.model});
  const ModelFile file = ModelFile::Open(options.model);
  ExportJob job{options, file, FactorsToExport(file, options)};
  WriteExport(job);
  if (options.json) return PrintJson(ToJson(job));
  std::cerr << ToText(job);
}

}  // namespace

void AddExportCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<ExportOptions>(
      program, "export", "Write a model for NumPy, Faiss, hnswlib or PostgreSQL",
      "derrd export student.derrd --format faiss -o student.faiss\n"
      "  derrd export student.derrd --format npy -o student     (student.users.npy, ...)\n"
      "  derrd export student.derrd --format pgvector -o student.sql && psql -f student.sql\n"
      "docs/serving.md says what each file holds and how to ask it.",
      RunExport);
  app->add_option("MODEL", options->model,
                  "Model whose scores are inner products (bpr-mf, lightgcn, ials)")
      ->required();
  Choices<const ExportFormat*> formats;
  for (const ExportFormat& format : ExportFormats()) formats.emplace_back(format.name, &format);
  AddChoice<const ExportFormat*>(
      *app, "--format", options->format, formats,
      "npy: rows and ids. int8: safetensors of rows in bytes, a scale a row. faiss: IndexFlatIP of "
      "the items. hnswlib: a graph of the items. pgvector: SQL of both");
  app->get_option("--format")->required();
  app->add_option("-o,--output", options->output,
                  "File to write, and what the names of those beside it begin with")
      ->required();
  app->add_option("--hnsw-m", options->hnsw_m,
                  "hnswlib, pgvector: links of an item in the graph (16 unless given)")
      ->check(WholeNumber(2, 100));
  app->add_option("--hnsw-ef-construction", options->hnsw_ef_construction,
                  "hnswlib, pgvector: items in view while one is linked (200 unless given)")
      ->check(WholeNumber(4, 1000));
  app->add_option("--tables", options->tables,
                  "pgvector: what the names of the tables begin with (derrd unless given)");
}

}  // namespace derrd::cli
