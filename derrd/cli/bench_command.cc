// derrd bench: how fast models answer on this machine, side by side and beside its limits.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/core/error.h"
#include "derrd/report/table.h"
#include "derrd/serve/measure.h"

namespace derrd::cli {
namespace {

// Far beyond the caches, to tell the speed of memory.
constexpr std::size_t kMemoryBytes = std::size_t{256} << 20;

struct BenchOptions : CommonOptions {
  std::vector<std::string> models;
  std::string dataset;
  std::vector<std::string> precisions = {"float32", "int8"};
  MeasureOptions measure;
};

struct Benched {
  std::string path;
  std::string kind, precision;  // no precision where nothing but the model itself answers
  std::size_t items, width, bytes, table_bytes;
  Latency latency;
  double whole_table;  // microseconds to read all of the table
  double per_second;   // queries, in batches
};

Benched BenchOne(const Recommender& recommender, const BenchOptions& options,
                 const Parallel& parallel) {
  if (recommender.users() == 0 || recommender.items() == 0) {
    Fail("{}: has {} users and {} items, and somebody must ask for something", recommender.path(),
         recommender.users(), recommender.items());
  }
  Benched result{recommender.path(),
                 std::string(recommender.kind()),
                 recommender.searches_a_table() ? std::string(Name(recommender.precision())) : "",
                 recommender.items(),
                 recommender.width(),
                 recommender.bytes(),
                 recommender.table_bytes(),
                 {},
                 MicrosecondsToRead(recommender.table_bytes()),
                 0};
  result.latency = MeasureLatency(recommender, options.measure);
  result.per_second = MeasureBatches(recommender, options.measure, parallel);
  return result;
}

std::vector<Benched> BenchModel(const std::string& path, const BenchOptions& options,
                                const Parallel& parallel) {
  std::vector<Benched> results;
  std::optional<std::string> dataset;
  if (!options.dataset.empty()) dataset = options.dataset;
  for (const std::string& word : options.precisions) {
    const auto precision = word == "int8" ? Precision::kInt8 : Precision::kFloat32;
    const auto recommender = Recommender::Open(path, dataset, precision);
    if (!results.empty() && !recommender->searches_a_table()) break;  // the same again
    results.push_back(BenchOne(*recommender, options, parallel));
  }
  return results;
}

std::string ToTable(const std::vector<Benched>& results) {
  Table table;
  table.AddColumn("model", Table::Align::kLeft);
  table.AddColumn("table", Table::Align::kLeft);
  for (const char* title : {"items", "width", "file", "table bytes", "p50 us", "p99 us", "p99.9 us",
                            "whole table us", "p50 / whole", "queries/s in batches"}) {
    table.AddColumn(title);
  }
  for (const Benched& result : results) {
    table.AddRow(
        {result.path, result.precision.empty() ? result.kind : result.precision,
         WithThousands(result.items), WithThousands(result.width), HumanBytes(result.bytes),
         HumanBytes(result.table_bytes), fmt::format("{:.1f}", result.latency.p50),
         fmt::format("{:.1f}", result.latency.p99), fmt::format("{:.1f}", result.latency.p999),
         fmt::format("{:.1f}", result.whole_table),
         fmt::format("{:.2f}", result.latency.p50 / result.whole_table),
         WithThousands(static_cast<std::uint64_t>(result.per_second))});
  }
  return table.ToMarkdown();
}

nlohmann::ordered_json ToJson(const Benched& result) {
  nlohmann::ordered_json json = {{"path", result.path}, {"kind", result.kind}};
  if (!result.precision.empty()) json["precision"] = result.precision;
  json["items"] = result.items;
  json["width"] = result.width;
  json["bytes"] = result.bytes;
  json["table_bytes"] = result.table_bytes;
  json["queries"] = result.latency.queries;
  json["microseconds"] = {{"p50", result.latency.p50},
                          {"p99", result.latency.p99},
                          {"p99.9", result.latency.p999},
                          {"whole_table", result.whole_table}};
  json["batch_queries_per_second"] = result.per_second;
  return json;
}

void RunBench(const BenchOptions& options) {
  const Parallel parallel(options.threads);
  const double memory = static_cast<double>(kMemoryBytes) / MicrosecondsToRead(kMemoryBytes) / 1e3;
  std::vector<Benched> results;
  for (const std::string& path : options.models) {
    for (Benched& result : BenchModel(path, options, parallel)) {
      results.push_back(std::move(result));
    }
  }
  if (!options.json) {
    return Print(fmt::format(
        "top {}, {} queries or {} s each; batches of {} on {} threads; one thread reads memory at "
        "{:.1f} GB/s\n\n{}",
        options.measure.k, options.measure.queries, options.measure.seconds, options.measure.batch,
        parallel.threads(), memory, ToTable(results)));
  }
  nlohmann::ordered_json json = {{"k", options.measure.k},
                                 {"batch", options.measure.batch},
                                 {"threads", parallel.threads()},
                                 {"memory_gigabytes_per_second", memory}};
  json["models"] = nlohmann::ordered_json::array();
  for (const Benched& result : results) json["models"].push_back(ToJson(result));
  PrintJson(json);
}

}  // namespace

void AddBenchCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<BenchOptions>(
      program, "bench",
      "Measure how fast models answer on this machine, beside the time it takes to read their "
      "tables; run it while nothing else runs",
      "derrd bench teacher.derrd student.derrd --dataset citeulike.derrd", RunBench);
  app->add_option("MODEL", options->models, "Models to compare")->required();
  app->add_option("--dataset", options->dataset,
                  "Data set whose training items a user is not recommended again");
  app->add_option("--precision", options->precisions,
                  "Tables to search of a factor model: float32, int8 or both")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"float32", "int8"}))
      ->capture_default_str();
  MeasureOptions& measure = options->measure;
  app->add_option("-k,--top", measure.k, "How many items a query asks for")
      ->check(WholeNumber(1, 1000000))
      ->capture_default_str();
  AddFlag(*app, "--queries", measure.queries, "Single queries to time", WholeNumber(1, 100000000));
  AddFlag(*app, "--batch", measure.batch, "Queries in a batch", WholeNumber(1, 1000000));
  AddFlag(*app, "--seconds", measure.seconds, "Time for each figure, at most", Number(0.01, 3600));
}

}  // namespace derrd::cli
