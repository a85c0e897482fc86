// derrd info: what is in a file.
#include <string>

#include "derrd/cli/command.h"
#include "derrd/report/file_summary.h"

namespace derrd::cli {
namespace {

struct InfoOptions : CommonOptions {
  std::string file;
};

void RunInfo(const InfoOptions& options) {
  const auto summary = SummarizeFile(options.file);
  if (options.json) return PrintJson(summary);
  Print(SummaryText(summary));
}

}  // namespace

void AddInfoCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<InfoOptions>(
      program, "info", "Say what is in a data set, model, checkpoint or other safetensors file",
      "derrd info student.derrd", RunInfo);
  app->add_option("FILE", options->file, "A safetensors file")->required();
}

}  // namespace derrd::cli
