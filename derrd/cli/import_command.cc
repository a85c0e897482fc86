// derrd import: files of interactions in, one data set file out.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>

#include "derrd/cli/command.h"
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
}

void AddReadFlags(CLI::App& app, ReadOptions& read) {
  const std::map<std::string, Format> formats = {{"auto", Format::kAuto},
                                                 {"csv", Format::kCsv},
                                                 {"tsv", Format::kTsv},
                                                 {"inter", Format::kInter},
                                                 {"movielens", Format::kMovieLens},
                                                 {"adjacency", Format::kAdjacency},
                                                 {"citeulike", Format::kCiteULike}};
  const std::map<std::string, HeaderMode> headers = {
      {"auto", HeaderMode::kAuto}, {"yes", HeaderMode::kYes}, {"no", HeaderMode::kNo}};
  app.add_option("--format", read.format,
                 "auto (default), csv, tsv, inter, movielens, adjacency "
                 "or citeulike")
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->type_name("FORMAT");
  app.add_option("--header", read.header,
                 "Whether the first line names the columns: auto "
                 "(default), yes or no")
      ->transform(CLI::CheckedTransformer(headers).description(""))
      ->type_name("MODE");
  app.add_option("--delimiter", read.delimiter, "What separates fields, such as ',' or tab");
  app.add_option("--user", read.user, "Column of the user, by name or by number from 1");
  app.add_option("--item", read.item, "Column of the item");
  app.add_option("--rating", read.rating, "Column of the rating, or none");
  app.add_option("--time", read.time, "Column of the time, or none");
}

void AddSplitFlags(CLI::App& app, ImportOptions& import) {
  const std::map<std::string, SplitKind> kinds = {{"leave-one-out", SplitKind::kLeaveOneOut},
                                                  {"ratio", SplitKind::kRatio}};
  const std::map<std::string, SplitOrder> orders = {{"random", SplitOrder::kRandom},
                                                    {"time", SplitOrder::kTime},
                                                    {"latest", SplitOrder::kTime},
                                                    {"file", SplitOrder::kFile}};
  app.add_option("--min-rating", import.filter.min_rating, "Drop interactions rated lower");
  app.add_option("--min-user", import.filter.min_user, "Drop users with fewer interactions");
  app.add_option("--min-item", import.filter.min_item, "Drop items with fewer interactions");
  app.add_option("--split", import.split, "leave-one-out (default) or ratio")
      ->transform(CLI::CheckedTransformer(kinds).description(""))
      ->type_name("SPLIT");
  app.add_option("--order", import.order,
                 "Which interactions are held out: random ones (default), "
                 "the latest by time, or the last of the file")
      ->transform(CLI::CheckedTransformer(orders).description(""))
      ->type_name("random|time|file");
  app.add_option("--ratio", import.ratio,
                 "Shares of training, validation and test (0.8,0.1,0.1 unless given)");
  app.add_option(
      "--negatives", import.negatives,
      "Sampled negatives of each user under leave-one-out (499 unless given); 0: rank all "
      "items");
}

// A line that is written over on a terminal, a line every ten seconds elsewhere.
class ProgressPrinter {
 public:
  ProgressPrinter() = default;
  ~ProgressPrinter() {
    if (open_line_) fmt::print(stderr, "\r\033[K");
  }
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  void operator()(const ReadProgress& progress) {
    using Seconds = std::chrono::duration<double>;
    const auto now = std::chrono::steady_clock::now();
    if (path_ != progress.path) {
      path_ = progress.path;
      started_ = now;
    }
    if (now - printed_ < Seconds(terminal_ ? 0.2 : 10.0)) return;
    printed_ = now;
    const double read = static_cast<double>(progress.bytes_read);
    const double megabytes = read / 1e6;
    const std::string share =
        progress.size == 0
            ? ""
            : fmt::format(", {:.0f}%", 100 * read / static_cast<double>(progress.size));
    fmt::print(stderr, "{}reading {}: {} lines, {:.0f} MB{}, {:.0f} MB/s{}", terminal_ ? "\r" : "",
               progress.path, progress.lines, megabytes, share,
               megabytes / Seconds(now - started_).count(), terminal_ ? "\033[K" : "\n");
    open_line_ = terminal_;
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool open_line_ = false;
  std::string path_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point printed_ = started_;
};

ImportSummary ImportWithProgress(const Options& options) {
  ImportOptions import = options.import;
  import.seed = options.seed;
  ProgressPrinter printer;
  return Import(import, options.output, std::ref(printer));
}

void Run(const Options& options) {
  const ImportSummary summary = ImportWithProgress(options);
  if (options.json) {
    nlohmann::ordered_json json = {{"dataset", options.output}};
    json.update(ToJson(summary));
    PrintJson(json);
  } else {
    fmt::print(stderr, "{}wrote    {}\n", ToText(summary), options.output);
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
  AddSplitFlags(*app, options->import);
  app->add_option("-o,--output", options->output, "Data set file to write")->required();
}

}  // namespace derrd::cli
