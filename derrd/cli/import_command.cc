// derrd import: files of interactions in, one data set file out.
#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/reading_progress.h"
#include "derrd/cli/split_flags.h"
#include "derrd/core/error.h"
#include "derrd/data/import.h"

namespace derrd::cli {
namespace {

struct Options : CommonOptions {
  ImportOptions import;
  std::string output;
};

void AddInputFlags(CLI::App& app, ImportOptions& import) {
  app.add_option("FILES", import.files,
                 "Interactions to split: CSV, TSV, RecBole, MovieLens or adjacency lists, each "
                 "plain, .gz or .zst; several are read as one");
  app.add_option("--train", import.given.train, "Given split: training interactions");
  app.add_option("--valid", import.given.valid, "Given split: validation interactions");
  app.add_option("--test", import.given.test, "Given split: test interactions");
  app.add_option("--candidates", import.given.candidates,
                 "Given split: file of each user's sampled negatives ('user item item ...')");
  app.add_option("--item-names", import.item_names, "Table of item ids and names");
  app.add_option("--item-attributes", import.item_attributes,
                 "Table with a header: item ids, and a column for each attribute; '|' separates "
                 "several values");
}

void AddReadFlags(CLI::App& app, ReadOptions& read) {
  AddChoice<Format>(app, "--format", read.format,
                    {{"auto", Format::kAuto},
                     {"csv", Format::kCsv},
                     {"tsv", Format::kTsv},
                     {"inter", Format::kInter},
                     {"movielens", Format::kMovieLens},
                     {"adjacency", Format::kAdjacency},
                     {"citeulike", Format::kCiteULike}},
                    "How the files are written; found out unless given");
  AddChoice<HeaderMode>(
      app, "--header", read.header,
      {{"auto", HeaderMode::kAuto}, {"yes", HeaderMode::kYes}, {"no", HeaderMode::kNo}},
      "Whether the first line names the columns; found out unless given");
  app.add_option("--delimiter", read.delimiter, "What separates fields, such as ',' or tab")
      ->check([](const std::string& given) {
        return given.empty() ? "is empty; leave it out, or give the character" : std::string();
      });
  app.add_option("--user", read.user, "Column of the user, by name or by number from 1");
  app.add_option("--item", read.item, "Column of the item");
  app.add_option("--rating", read.rating, "Column of the rating, or none");
  app.add_option("--time", read.time, "Column of the time, or none");
}

void AddFilterFlags(CLI::App& app, FilterOptions& filter) {
  app.add_option("--min-rating", filter.min_rating, "Drop interactions rated lower")
      ->check(Number(-1e30, 1e30));
  app.add_option("--min-user", filter.min_user, "Drop users with fewer interactions")
      ->check(WholeNumber(0, 1 << 30));
  app.add_option("--min-item", filter.min_item, "Drop items with fewer interactions")
      ->check(WholeNumber(0, 1 << 30));
}

void AddOrderFlag(CLI::App& app, ImportOptions& import) {
  AddChoice<SplitOrder>(app, "--order", import.order,
                        {{"random", SplitOrder::kRandom},
                         {"time", SplitOrder::kTime},
                         {"latest", SplitOrder::kTime},
                         {"file", SplitOrder::kFile}},
                        "Which interactions are held out: random ones (unless given), the latest, "
                        "or the last of the file");
}

ImportSummary ImportWithProgress(const Options& options) {
  std::vector<std::string> inputs = options.import.files;
  const GivenFiles& given = options.import.given;
  inputs.insert(inputs.end(), {given.train, given.valid, given.test, given.candidates,
                               options.import.item_names, options.import.item_attributes});
  CheckOutputs({options.output}, inputs);
  ImportOptions import = options.import;
  import.seed = options.seed;
  import.threads = options.threads;
  std::string read;  // should the rest fail, how files were read may be why
  try {
    ReadingProgress progress;
    return Import(import, options.output, std::ref(progress),
                  [&](const FileSummary& file) { read += ToText(file); });
  } catch (const Error&) {
    std::cerr << read;
    throw;
  }
}

void Run(const Options& options) {
  const ImportSummary summary = ImportWithProgress(options);
  if (options.json) {
    nlohmann::ordered_json json = {{"dataset", options.output}};
    json.update(ToJson(summary));
    PrintJson(json);
  } else {
    std::cerr << ToText(summary) << "wrote    " << options.output << "\n";
  }
}

}  // namespace

void AddImportCommand(CLI::App& program) {
  auto [app, options] = AddCommand<Options>(
      program, "import", "Makes a data set of files of interactions",
      "derrd import ratings.csv --min-rating 4 --min-user 5 -o ratings.derrd\n  "
      "derrd import --train train.tsv.gz --valid valid.tsv.gz --test test.tsv.gz -o given.derrd",
      Run);
  AddInputFlags(*app, options->import);
  AddReadFlags(*app, options->import.read);
  AddFilterFlags(*app, options->import.filter);
  AddSplitFlags(*app, options->import, kUsualNegatives);
  AddOrderFlag(*app, options->import);
  app->add_option("-o,--output", options->output, "Data set file to write")->required();
}

}  // namespace derrd::cli
