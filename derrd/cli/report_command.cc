// derrd report: what experiments found, as tables and as a page with charts.
#include <string>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/cli/outputs.h"
#include "derrd/core/file.h"
#include "derrd/report/experiment_json.h"
#include "derrd/report/experiment_page.h"
#include "derrd/report/experiment_results.h"
#include "derrd/report/experiment_tables.h"

namespace derrd::cli {
namespace {

struct ReportOptions : CommonOptions {
  std::vector<std::string> results;
  std::string output, markdown;
};

void RunReport(const ReportOptions& options) {
  CheckOutputs({options.output, options.markdown}, options.results);
  const std::vector<ExperimentSetting> settings = ReadResults(options.results);
  WriteTextFile(options.output, ExperimentPage(settings));
  if (!options.markdown.empty()) WriteTextFile(options.markdown, ExperimentMarkdown(settings));
  if (options.json) {
    PrintJson({{"page", options.output}, {"settings", ExperimentJson(settings)}});
  } else {
    Print(ExperimentMarkdown(settings));
  }
}

}  // namespace

void AddReportCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<ReportOptions>(
      program, "report", "Tables and a page with charts of what experiments found",
      "derrd report runs/packages/results.jsonl -o report.html", RunReport);
  app->add_option("RESULTS", options->results, "results.jsonl of `derrd experiment`")->required();
  app->add_option("-o,--output", options->output, "Page to write: HTML, all of it in one file")
      ->required();
  app->add_option("--markdown", options->markdown, "File for the tables in Markdown");
}

}  // namespace derrd::cli
