// derrd synth: interactions drawn from a known law.
#include <fmt/format.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "derrd/cli/command.h"
#include "derrd/cli/memory.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/split_flags.h"
#include "derrd/core/error.h"
#include "derrd/data/import_summary.h"
#include "derrd/data/synthetic.h"

namespace derrd::cli {
namespace {

constexpr std::uint32_t kSynthNegatives = 99;

struct SynthOptions : CommonOptions {
  SyntheticOptions synthetic;
  HoldOutOptions hold_out;
  std::string output;
  std::string truth;
};

// Whether the output is plain text instead of a data set.
bool IsText(const std::string& output) {
  for (const char* other : {".gz", ".zst", ".csv", ".txt"}) {
    if (output.ends_with(other)) {
      Fail<UsageError>(
          "--output {}: text is written plain and with tabs; give a name that ends in .tsv",
          output);
    }
  }
  return output.ends_with(".tsv");
}

HoldOutOptions HoldOutOf(const SynthOptions& options) {
  HoldOutOptions hold_out = options.hold_out;
  hold_out.seed = options.seed;
  const bool leave_one_out = hold_out.split != SplitKind::kRatio;
  if (leave_one_out && !hold_out.negatives) hold_out.negatives = kSynthNegatives;
  if (leave_one_out && options.synthetic.least < kLeastForLeaveOneOut) {
    Fail<UsageError>(
        "--min-user {}: leave-one-out takes {} of every user; give --split ratio, or "
        "more",
        options.synthetic.least, kLeastForLeaveOneOut);
  }
  return hold_out;
}

// The interactions, then a second copy as they are split or the user of each, and the negatives.
double BytesNeeded(const SyntheticOptions& options, const HoldOutOptions& hold_out) {
  const auto users = static_cast<double>(options.users);
  return 8.0 * static_cast<double>(options.interactions) +
         16.0 * static_cast<double>(options.items) +
         users * (48.0 + 4.0 * hold_out.negatives.value_or(0));
}

void PrintDataset(const SynthOptions& options, const DatasetContents& contents) {
  ImportSummary summary;
  summary.CountKept(contents);
  if (options.json) {
    nlohmann::ordered_json json = {{"dataset", options.output}};
    json.update(KeptToJson(summary));
    return PrintJson(json);
  }
  std::cerr << KeptToText(summary) << "wrote    " << options.output << "\n";
}

void WriteData(const SynthOptions& options, const HoldOutOptions& hold_out,
               const SyntheticWorld& world, const Parallel& parallel) {
  const DatasetContents contents = MakeSyntheticDataset(world, hold_out, parallel);
  WriteDataset(contents, options.output);
  PrintDataset(options, contents);
}

void WriteText(const SynthOptions& options, const SyntheticWorld& world, const Parallel& parallel) {
  WriteInteractions(world.Draw(parallel).view(), options.output);
  const std::uint64_t count = options.synthetic.interactions;
  if (options.json) return PrintJson({{"file", options.output}, {"interactions", count}});
  std::cerr << "wrote    " << options.output << ": " << count << " interactions\n";
}

void RunSynth(const SynthOptions& options) {
  const bool text = IsText(options.output);
  if (text && options.hold_out.any()) {
    Fail<UsageError>(
        "--split, --ratio and --negatives belong to a data set; leave them out for a .tsv file");
  }
  CheckOutputs({options.output, options.truth}, {});
  HoldOutOptions hold_out;
  if (!text) hold_out = HoldOutOf(options);
  CheckHoldOut(hold_out);
  CheckMemory({{"--interactions", BytesNeeded(options.synthetic, hold_out)}});
  SyntheticOptions synthetic = options.synthetic;
  synthetic.seed = options.seed;
  const SyntheticWorld world(synthetic);
  const Parallel parallel(options.threads);
  text ? WriteText(options, world, parallel) : WriteData(options, hold_out, world, parallel);
  if (!options.truth.empty()) world.WriteTruth(options.truth, parallel);
}

void AddLawFlags(CLI::App& app, SyntheticOptions& options) {
  constexpr std::uint64_t kMost = 2147483647;
  AddFlag(app, "--users", options.users, "How many users", WholeNumber(1, kMost));
  AddFlag(app, "--items", options.items, "How many items", WholeNumber(1, kMost));
  AddFlag(app, "--interactions", options.interactions, "How many interactions",
          WholeNumber(1, 1'000'000'000'000));
  AddFlag(app, "--min-user", options.least, "Interactions that every user has at least",
          WholeNumber(1, kMost));
  AddFlag(app, "--latent-width", options.latent_width,
          "Topics, one an item; a user's taste is a number for each", WholeNumber(1, 4096));
  AddFlag(app, "--item-exponent", options.item_exponent, "Popularity falls with rank to this power",
          Number(0, 10));
  AddFlag(app, "--activity-spread", options.activity_spread,
          "Deviation of the log-normal activity of users", Number(0, 5));
  AddFlag(app, "--strength", options.strength,
          "How much taste matters against popularity; 0: not at all", Number(0, 100));
}

}  // namespace

void AddSynthCommand(CLI::App& program) {
  auto [app, options] = AddCommand<SynthOptions>(
      program, "synth", "Makes interactions with a long tail and a known latent structure",
      "derrd synth --users 100000 --items 20000 --interactions 10000000 -o big.derrd\n  "
      "derrd synth --interactions 1000000 --truth truth.safetensors -o plain.tsv",
      RunSynth);
  AddLawFlags(*app, options->synthetic);
  AddSplitFlags(*app, options->hold_out, kSynthNegatives);
  app->add_option("--truth", options->truth, "Also write the tastes, topics and popularities");
  app->add_option("-o,--output", options->output,
                  "Data set file to write, or with a name that ends in .tsv lines of user and item")
      ->required();
}

}  // namespace derrd::cli
