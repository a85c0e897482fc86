// derrd experiment: a grid of trainings, with a search for each method's values.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include "derrd/cli/command.h"
#include "derrd/cli/experiment_plan.h"
#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/experiment/runner.h"
#include "derrd/report/table.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ExperimentOptions : CommonOptions {
  std::string file, output, data;
  std::size_t jobs = 0;
  std::int32_t checkpoint_every = 25;
  bool dry_run = false;
};

std::string ValuesOf(const Run& run) {
  std::string text;
  for (const Flag& flag : run.values) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", flag.name, flag.value);
  }
  return text;
}

// What is left, told by what is done; runs of an experiment differ, so it is no more than that.
std::string EstimateOf(const Standing& standing, std::size_t jobs) {
  const std::size_t left = standing.runs.size() - standing.done;
  std::string text = fmt::format("{} of {} runs are done", standing.done, standing.runs.size());
  if (standing.done > 0 && left > 0) {
    text += fmt::format(
        "; the others take about {} at {} at once, if they are like those ({} each)",
        HumanDuration(standing.seconds * static_cast<double>(left) / static_cast<double>(jobs)),
        jobs, HumanDuration(standing.seconds));
  }
  return text;
}

void TellPlan(const ExperimentOptions& options, const Plan& plan, std::size_t jobs) {
  const Standing standing = StandingOf(plan, options.output);
  Table table;
  for (const char* title : {"run", "seed", "values"}) table.AddColumn(title, Table::Align::kLeft);
  Json json = {{"runs", Json::array()}, {"done", standing.done}, {"total", standing.runs.size()}};
  for (const Run& run : standing.runs) {
    const bool chosen = run.role == RunRole::kStudent && !run.values.empty();
    const std::string values = chosen ? "the best" : ValuesOf(run);
    table.AddRow({run.name, std::to_string(run.seed), values});
    json["runs"].push_back({{"run", run.name}, {"seed", run.seed}, {"values", values}});
  }
  if (options.json) return PrintJson(json);
  Print(fmt::format("{}\n{}.\n", table.ToMarkdown(), EstimateOf(standing, jobs)));
}

void RunPlan(const ExperimentOptions& options, const Plan& plan, std::size_t jobs) {
  RunnerOptions runner;
  // Of a run too: this very program, also when another has its path by then.
  runner.program = "/proc/self/exe";
  runner.folder = options.output;
  runner.jobs = jobs;
  runner.threads = static_cast<std::size_t>(std::max(1, options.threads));
  runner.checkpoint_every = options.checkpoint_every;
  std::optional<Progress> progress;
  std::size_t before = 0, now = 0;
  runner.on_progress = [&](std::size_t done, std::size_t total, const std::string& note) {
    if (!progress) {
      before = done;
      progress.emplace("experiment", total - done, "runs");
    }
    now = done;
    progress->Update(now - before, note);
  };
  runner.on_note = [&](const std::string& sentence) {
    if (progress) progress->Finish(now - before);
    progress.reset();
    Note(sentence);
  };
  const std::string results = RunExperiment(plan, runner);
  if (progress) progress->Finish(now - before);
  if (options.json) {
    PrintJson({{"results", results}});
  } else {
    std::cerr << fmt::format("{}: `derrd report {} -o report.html` shows it\n", results, results);
  }
}

void RunExperimentCommand(const ExperimentOptions& options) {
  if (std::filesystem::exists(options.output) && !std::filesystem::is_directory(options.output)) {
    Fail<UsageError>("-o {}: is a file; name a folder for the runs", options.output);
  }
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t jobs = options.jobs == 0 ? cores : options.jobs;
  const Parallel parallel(static_cast<int>(std::min(jobs, cores)));
  const Plan plan = PlanOf(options.file, options.data, options.seed, jobs, parallel);
  CheckCanRun(plan, options.output);
  if (options.dry_run) return TellPlan(options, plan, jobs);
  RunPlan(options, plan, jobs);
}

}  // namespace

void AddExperimentCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<ExperimentOptions>(
      program, "experiment", "Train a grid of teachers and students, and choose their values",
      "derrd experiment experiments/packages.toml -o runs/packages", RunExperimentCommand);
  app->add_option("FILE", options->file, "TOML file of the experiment (docs/experiments.md)")
      ->required();
  app->add_option("-o,--output", options->output,
                  "Folder for runs and results.jsonl; what is in "
                  "it already is not done again")
      ->required();
  app->add_option("--data", options->data,
                  "Folder of the data sets and teachers that FILE names (FILE's own)");
  app->get_option("--seed")->description(
      "Seed of what the search draws; runs have the seeds of FILE");
  app->get_option("--threads")->description("Threads of each run (1 unless given)");
  app->add_option("--jobs", options->jobs, "Runs at once (one a core unless given)")
      ->check(WholeNumber(1, 1024));
  AddFlag(*app, "--checkpoint-every", options->checkpoint_every,
          "Epochs between the checkpoints that runs go on from after an interruption",
          WholeNumber(1, 1000000));
  app->add_flag("--dry-run", options->dry_run,
                "Check everything, list the runs and how far they are, and train nothing");
}

}  // namespace derrd::cli
