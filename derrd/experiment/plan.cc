#include "derrd/experiment/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "derrd/core/fingerprint.h"
#include "derrd/core/version.h"

namespace derrd {
namespace {

// Words for people, then a fingerprint of all that decides the outcome.
std::string NameOf(const std::string& words, const Run& run, const std::string& data,
                   const std::string& teacher, const std::vector<std::string>& files = {}) {
  std::string all =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", Version(), data, teacher, run.subcommand,
                  fmt::join(run.flags.Words(), "\n"), run.seed, run.stages);
  for (const std::string& file : files) all += "\n" + file;
  return words + "-" + FingerprintOf(std::as_bytes(std::span(all)));
}

Run TeacherRun(const Plan& plan, std::size_t cell_number, std::uint64_t seed) {
  const Cell& cell = plan.cells[cell_number];
  const PlannedTeacher& teacher = plan.teachers[cell.teacher];
  const PlannedData& data = plan.data[cell.data];
  Run run;
  run.role = RunRole::kTeacher;
  run.cell = cell_number;
  run.data = cell.data;
  run.teacher = cell.teacher;
  std::string words = data.name + "." + teacher.name;
  if (teacher.path.empty()) {
    run.seed = teacher.seed.value_or(seed);
    run.subcommand = "train";
    run.flags = teacher.flags;
    run.resumable = teacher.resumable;
    words += fmt::format(".s{}", run.seed);
  }
  run.name = NameOf(words, run, data.fingerprint, teacher.fingerprint);
  return run;
}

class Planner {
 public:
  Planner(const Plan& plan, const KnownOutcome& known) : plan_(plan), known_(known) {}

  std::vector<Run> Runs() {
    for (std::size_t cell = 0; cell < plan_.cells.size(); ++cell) Add(cell);
    return std::move(runs_);
  }

  // Once the runs are known.
  std::vector<std::string> Failed() { return std::move(failed_); }

 private:
  void Add(std::size_t number) {
    const Cell& cell = plan_.cells[number];
    const Trial* chosen = &cell.given;
    if (!cell.trials.empty()) {
      const std::optional<std::size_t> best = Search(number);
      if (!best) return;
      chosen = &cell.trials[*best];
    }
    for (const std::uint64_t seed : cell.seeds) {
      runs_.push_back(StudentRun(number, RunRole::kStudent, seed, *chosen));
    }
  }

  // The teacher's run is added first, and stands beside the results also where nothing is learned
  // from it.
  Run StudentRun(std::size_t number, RunRole role, std::uint64_t seed, const Trial& trial,
                 std::int32_t epochs = 0) {
    const Cell& cell = plan_.cells[number];
    const Run teacher = TeacherRun(plan_, number, seed);
    const auto same = [&](const Run& other) {
      return other.role == RunRole::kTeacher && other.name == teacher.name;
    };
    if (std::ranges::none_of(runs_, same)) runs_.push_back(teacher);
    Run run;
    run.teacher_run = teacher.name;
    const PlannedData& data = plan_.data[cell.data];
    run.role = role;
    run.cell = number;
    run.data = cell.data;
    run.teacher = cell.teacher;
    run.seed = seed;
    run.subcommand = cell.subcommand;
    run.flags = cell.flags;
    run.flags.Set(trial.values);
    run.values = trial.values;
    if (epochs > 0) run.flags.Set("--epochs", std::to_string(epochs));
    run.resumable = trial.resumable;
    run.stages = cell.stages;
    const bool taught = run.subcommand == "distill";
    const std::string from = taught ? "." + plan_.teachers[cell.teacher].name : "";
    const std::string words = fmt::format("{}{}.{}.{}.w{}.s{}", data.name, from, cell.student,
                                          cell.method, cell.width, seed);
    run.name = NameOf(words, run, data.fingerprint, taught ? teacher.name : "", trial.files);
    return run;
  }

  // The trial that is best on validation, once all of them are known.
  std::optional<std::size_t> Search(std::size_t number) {
    const Cell& cell = plan_.cells[number];
    std::vector<std::size_t> left(cell.trials.size());
    for (std::size_t t = 0; t < left.size(); ++t) left[t] = t;
    const auto rungs = Rungs(plan_.search.kind, left.size(), plan_.search.epochs,
                             plan_.search.factor, cell.epochs);
    for (std::size_t r = 0; r < rungs.size(); ++r) {
      const std::size_t keep = r + 1 < rungs.size() ? rungs[r + 1].trials : 1;
      const auto best = BestOf(number, left, r, rungs[r].epochs);
      if (!best) return std::nullopt;
      left.assign(best->begin(),
                  best->begin() + static_cast<std::ptrdiff_t>(std::min(keep, best->size())));
    }
    return left.front();
  }

  // Those that did not fail, best first, of equals the first; nothing while one is not known, or
  // when all failed.
  std::optional<std::vector<std::size_t>> BestOf(std::size_t number,
                                                 const std::vector<std::size_t>& trials,
                                                 std::size_t rung, std::int32_t epochs) {
    std::vector<std::pair<double, std::size_t>> ranked;
    bool all = true;
    Run last;
    for (const std::size_t trial : trials) {
      const Cell& cell = plan_.cells[number];
      last = StudentRun(number, RunRole::kTrial, cell.seeds.front(), cell.trials[trial], epochs);
      last.rung = rung;
      const auto outcome = known_(last);
      all = all && outcome.has_value();
      if (outcome && !outcome->failed) ranked.emplace_back(outcome->valid, trial);
      runs_.push_back(last);
    }
    if (!all) return std::nullopt;
    if (ranked.empty()) {
      failed_.push_back(fmt::format(
          "{}: none of the {} tried values trains (the loss is not finite); search smaller weights "
          "or learning rates",
          last.name, trials.size()));
      return std::nullopt;
    }
    std::ranges::stable_sort(ranked, std::greater(), &std::pair<double, std::size_t>::first);
    std::vector<std::size_t> best;
    for (const auto& [value, trial] : ranked) best.push_back(trial);
    return best;
  }

  const Plan& plan_;
  const KnownOutcome& known_;
  std::vector<Run> runs_;
  std::vector<std::string> failed_;
};

}  // namespace

std::vector<Run> NeededRuns(const Plan& plan, const KnownOutcome& known) {
  return Planner(plan, known).Runs();
}

std::vector<std::string> FailedSearches(const Plan& plan, const KnownOutcome& known) {
  Planner planner(plan, known);
  planner.Runs();
  return planner.Failed();
}

std::vector<Run> AllRuns(const Plan& plan, const KnownOutcome& known) {
  return NeededRuns(plan, [&known](const Run& run) { return known(run).value_or(Outcome{}); });
}

}  // namespace derrd
