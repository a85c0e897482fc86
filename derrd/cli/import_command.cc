// derrd import: files of interactions in, one data set file out.
#include "derrd/cli/command.h"
#include "derrd/data/import.h"

namespace derrd::cli {
namespace {

struct Options : CommonOptions {
  ImportOptions import;
  std::string output;
};

void Run(const Options& options) { Import(options.import, options.output); }

}  // namespace

void AddImportCommand(CLI::App& program) {
  auto [app, options] = AddCommand<Options>(
      program, "import", "Makes a data set of files of interactions",
      "derrd import --train train.tsv.gz --valid valid.tsv.gz --test test.tsv.gz -o data.derrd",
      Run);
  app->add_option("--train", options->import.train, "File of training interactions");
  app->add_option("--valid", options->import.valid, "File of validation interactions");
  app->add_option("--test", options->import.test, "File of test interactions");
  app->add_option("--candidates", options->import.candidates, "File of sampled negatives by user");
  app->add_option("-o,--output", options->output, "Data set file to write")->required();
}

}  // namespace derrd::cli
