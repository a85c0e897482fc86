#include "derrd/experiment/runner.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <filesystem>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/eval/agreement.h"
#include "derrd/eval/evaluator.h"
#include "derrd/experiment/costs.h"
#include "derrd/experiment/folder_lock.h"
#include "derrd/experiment/processes.h"
#include "derrd/experiment/results.h"
#include "derrd/experiment/run_files.h"
#include "derrd/train/checkpoint_files.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

KnownOutcome OutcomesIn(const Plan& plan, RunFiles& files) {
  return [&plan, &files](const Run& run) -> std::optional<Outcome> {
    const Json& facts = files.Facts(run.name);
    if (facts.is_null()) return std::nullopt;
    if (facts.contains("error")) return Outcome{true, 0};
    return Outcome{false, facts.at("valid").value(plan.data[run.data].metric, 0.0)};
  };
}

// What people read of a run's name.
std::string WithoutFingerprint(const std::string& name) { return name.substr(0, name.rfind('-')); }

class Runner {
 public:
  Runner(const Plan& plan, const RunnerOptions& options)
      : plan_(plan), options_(options), files_(RunsFolder(options.folder)) {
    for (const PlannedData& data : plan.data) datasets_.push_back(Dataset::Open(data.path));
    for (const Run& run : AllRuns(plan, OutcomesIn(plan, files_))) all_.insert(run.name);
  }

  void Train() {
    const std::string kept = KeepOtherResults(all_, options_.folder);
    if (!kept.empty()) {
      Note(fmt::format("{} tells of runs that are not of this experiment, and is kept as {}",
                       ResultsPath(options_.folder), kept));
    }
    CollectWhatIsThere();
    ForgetLostModels();
    while (StartWhatCanStart()) {
      AwaitOne();
      CollectWhatIsThere();
    }
  }

  // Times and comparisons, while nothing else runs.
  void Measure() {
    const Parallel parallel;
    for (const Run& run : needed_) {
      if (run.role == RunRole::kTrial || !Answers(run.name)) continue;
      MeasureCosts(run);
      if (run.role == RunRole::kStudent) MeasureOverlap(run, parallel);
    }
    WriteResults(plan_, needed_, files_, options_.folder);
  }

  // Error about what cannot be done, because something else did not train.
  void TellLeftOut() {
    const std::set<std::string> sentences = LeftOut();
    if (sentences.empty()) return;
    for (auto at = sentences.begin(); std::next(at) != sentences.end(); ++at) Note(*at);
    Fail("{}", *sentences.rbegin());
  }

 private:
  // Each once: training from scratch stands there for every teacher.
  std::set<std::string> LeftOut() {
    std::set<std::string> sentences;
    for (std::string& sentence : FailedSearches(plan_, OutcomesIn(plan_, files_))) {
      sentences.insert(std::move(sentence));
    }
    for (const Run& run : needed_) {
      const Json& facts = files_.Facts(run.name);
      if (!facts.contains("error")) continue;
      if (const auto why = NoStages(run)) sentences.insert(*why);
      if (run.role != RunRole::kTeacher) continue;
      sentences.insert(fmt::format("{}: {}; change the teacher's flags", run.name,
                                   facts["error"].get<std::string>()));
    }
    return sentences;
  }

  void Note(const std::string& sentence) const {
    if (options_.on_note) options_.on_note(sentence);
  }

  // Neither does what did not train, nor a teacher that was given without scores.
  bool Answers(const std::string& run) {
    const Json& facts = files_.Facts(run);
    return facts.contains("test") && !facts["test"].empty();
  }

  // A run that was trained and not yet evaluated is a matter of a moment.
  bool IsDone(const Run& run) {
    const Json& facts = files_.Facts(run.name);
    if (facts.is_null()) return false;
    return run.role == RunRole::kTrial || facts.contains("error") || facts.contains("test");
  }

  // What was trained and not yet recorded: before an interruption, or as a trial of what is now a
  // student; and teachers that are given. That may decide what is needed next.
  void CollectWhatIsThere() {
    bool more = true;
    while (more) {
      Needed();
      more = false;
      for (const Run& run : needed_) {
        if (IsDone(run) || processes_.IsRunning(run.name)) continue;
        if (!std::filesystem::exists(ModelOf(run))) {
          const auto why = NoStages(run);
          if (why) files_.SetFacts(run.name, {{"error", *why}});
          more |= why.has_value();
          continue;
        }
        if (!run.subcommand.empty() && !Opens(run)) {
          files_.RemoveModel(run.name);
          continue;
        }
        Collect(run);
        more = true;
      }
    }
    RemoveLosers();
    WriteResults(plan_, needed_, files_, options_.folder);
  }

  // What is done and whose model somebody has removed since, or damaged, is trained again where a
  // student still has to learn from it, or where it is still to be measured.
  void ForgetLostModels() {
    std::set<std::string> wanted;
    for (const Run& run : needed_) {
      if (run.role != RunRole::kTeacher && WantsTeacher(run)) wanted.insert(run.teacher_run);
      if (run.role != RunRole::kTrial && IsUnmeasured(run)) wanted.insert(run.name);
    }
    for (const Run& run : needed_) {
      const bool lost = wanted.contains(run.name) && !run.subcommand.empty() &&
                        files_.Facts(run.name).contains("test") && !Opens(run);
      if (lost) files_.Forget(run.name);
    }
    Needed();
  }

  bool WantsTeacher(const Run& run) {
    return !IsDone(run) || (run.role == RunRole::kStudent && LacksOverlap(run));
  }
  bool IsUnmeasured(const Run& run) {
    return Answers(run.name) && (!files_.Facts(run.name).contains("microseconds_per_query") ||
                                 (run.role == RunRole::kStudent && LacksOverlap(run)));
  }
  bool LacksOverlap(const Run& student) {
    const Json& facts = files_.Facts(student.name);
    if (!Answers(student.name) || !Answers(student.teacher_run)) return false;
    return !facts.contains("overlap") || !facts["overlap"].contains(student.teacher_run);
  }

  // Of a student that learns along its teacher's training, when that is over and left no models.
  std::optional<std::string> NoStages(const Run& run) {
    if (run.stages == 0 || !files_.Facts(run.teacher_run).contains("test")) return std::nullopt;
    try {
      StagesOf(files_, run.teacher_run, run.stages);
      return std::nullopt;
    } catch (const Error& error) {
      return error.what();
    }
  }

  bool Opens(const Run& run) const {
    try {
      ModelFile::Open(ModelOf(run));
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void Needed() {
    needed_ = NeededRuns(plan_, OutcomesIn(plan_, files_));
    std::set<std::string> done;
    for (const Run& run : needed_) {
      if (IsDone(run)) done.insert(run.name);
    }
    done_ = done.size();
    Report();
  }

  // Trials of cells whose students are known, but for those that are students themselves.
  void RemoveLosers() {
    std::set<std::size_t> decided;
    std::set<std::string> kept;
    for (const Run& run : needed_) {
      if (run.role == RunRole::kTrial) continue;
      kept.insert(run.name);
      if (run.role == RunRole::kStudent) decided.insert(run.cell);
    }
    for (const Run& run : needed_) {
      const bool lost = run.role == RunRole::kTrial && decided.contains(run.cell);
      if (lost && !kept.contains(run.name)) files_.RemoveModel(run.name);
    }
  }

  bool CanStart(const Run& run) {
    if (IsDone(run) || processes_.IsRunning(run.name)) return false;
    if (run.subcommand == "train") return true;
    return files_.Facts(run.teacher_run).contains("test");
  }

  // Whether anything runs.
  bool StartWhatCanStart() {
    for (const Run& run : needed_) {
      if (processes_.running() >= options_.jobs) break;
      if (!CanStart(run)) continue;
      processes_.Start(run.name, WordsOf(run), files_.Said(run.name));
    }
    return processes_.running() > 0;
  }

  std::vector<std::string> WordsOf(const Run& run) {
    std::vector<std::string> words = {options_.program, run.subcommand, plan_.data[run.data].path};
    const auto add = [&words](std::vector<std::string> more) {
      words.insert(words.end(), more.begin(), more.end());
    };
    add(run.flags.Words());
    if (run.subcommand != "train") add({"--teacher", TeacherOf(run)});
    if (run.stages > 0) {
      const auto stages = StagesOf(files_, run.teacher_run, run.stages);
      add({kStagesFlag, fmt::format("{}", fmt::join(stages, ","))});
    }
    if (run.resumable) {
      add({"--resume", "--checkpoint-every", std::to_string(options_.checkpoint_every)});
    }
    add({"--seed", std::to_string(run.seed), "--threads", std::to_string(options_.threads)});
    add({"--log", files_.Log(run.name), "-o", files_.Model(run.name)});
    return words;
  }

  std::string ModelOf(const Run& run) const {
    return run.subcommand.empty() ? plan_.teachers[run.teacher].path : files_.Model(run.name);
  }
  std::string TeacherOf(const Run& student) const {
    const std::string& given = plan_.teachers[student.teacher].path;
    return given.empty() ? files_.Model(student.teacher_run) : given;
  }

  void AwaitOne() {
    constexpr auto kBetweenLooks = std::chrono::milliseconds(20);
    constexpr int kLooksAReport = 50;  // each reads the logs of what is under way
    for (int look = 0;; ++look) {
      if (const auto ended = processes_.TakeEnded()) return Take(*ended);
      if (look % kLooksAReport == 0) Report();
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }

  void Take(const Processes::Ended& ended) {
    const std::string said = LastWords(files_, ended.name);
    if (ended.exit_code == NotFinite::kExitCode) {
      CheckpointFiles(files_.Model(ended.name)).Remove();
      files_.SetFacts(ended.name, {{"error", said}});
      last_ = WithoutFingerprint(ended.name) + " did not train";
      return;
    }
    if (ended.exit_code == Processes::kNotStarted) {
      Fail(
          "{}: could not start {}; see that processes and memory are left, and the same command "
          "goes on from here",
          ended.name, options_.program);
    }
    if (ended.exit_code != 0) {
      Fail("{} ended with {}: {}; what it said is in {}; the same command goes on from here",
           ended.name, ended.exit_code, said, files_.Said(ended.name));
    }
    last_ = WithoutFingerprint(ended.name) + " is done";
  }

  void Collect(const Run& run) {
    const std::string path = ModelOf(run);
    const ModelFile file = ModelFile::Open(path);
    // A kill may have come after the model and before its checkpoints were gone.
    if (!run.subcommand.empty()) CheckpointFiles(path).Remove();
    Json facts = files_.Facts(run.name);
    if (facts.is_null()) facts = TrainedFacts(file, path, files_.Log(run.name));
    if (run.role != RunRole::kTrial) {
      facts["test"] = TestOf(*file.model, datasets_[run.data]);
    }
    files_.SetFacts(run.name, std::move(facts));
  }

  static Json TestOf(const Model& model, const Dataset& dataset) {
    if (!model.has_scores()) return Json::object();
    return ToJson(Evaluate(model, dataset, Split::kTest, Parallel(1)));
  }

  void MeasureCosts(const Run& run) {
    Json facts = files_.Facts(run.name);
    if (facts.contains("microseconds_per_query")) return;
    const Dataset& dataset = datasets_[run.data];
    facts["microseconds_per_query"] = MicrosecondsPerQuery(ModelOf(run), dataset);
    if (run.role == RunRole::kTeacher) {
      if (auto int8 = Int8Facts(ModelOf(run), dataset)) facts["int8"] = std::move(*int8);
    }
    files_.SetFacts(run.name, std::move(facts));
  }

  void MeasureOverlap(const Run& run, const Parallel& parallel) {
    Json facts = files_.Facts(run.name);
    const std::string& key = run.teacher_run;
    if (!LacksOverlap(run)) return;
    const ModelFile student = ModelFile::Open(ModelOf(run));
    const ModelFile teacher = ModelFile::Open(TeacherOf(run));
    facts["overlap"][key] =
        ToJson(TopKOverlap(*teacher.model, *student.model, datasets_[run.data], parallel));
    files_.SetFacts(run.name, std::move(facts));
  }

  // What runs, each with its last epoch, and what ended before.
  std::string UnderWay() const {
    std::vector<std::string> parts;
    for (const std::string& name : processes_.names()) {
      const auto run = std::ranges::find(needed_, name, &Run::name);
      if (run == needed_.end()) continue;
      const std::string epoch = LastEpoch(files_, name, plan_.data[run->data].metric);
      parts.push_back(WithoutFingerprint(name) + (epoch.empty() ? "" : " (" + epoch + ")"));
    }
    if (!last_.empty()) parts.push_back(last_);
    return fmt::format("{}", fmt::join(parts, "; "));
  }

  void Report() const {
    if (!options_.on_progress) return;
    options_.on_progress(done_, std::max(all_.size(), done_), UnderWay());
  }

  const Plan& plan_;
  const RunnerOptions& options_;
  RunFiles files_;
  std::vector<Dataset> datasets_;
  std::set<std::string> all_;
  std::vector<Run> needed_;
  std::size_t done_ = 0;
  std::string last_;
  Processes processes_;
};

// Models along a teacher's training are named in one flag.
void CheckCommas(const Plan& plan, const std::string& folder) {
  const bool lists =
      std::ranges::any_of(plan.cells, [](const Cell& cell) { return cell.stages > 0; });
  if (!lists || folder.find(',') == std::string::npos) return;
  Fail<UsageError>(
      "{}: a comma ends a path in {}, which this experiment needs; name another folder", folder,
      kStagesFlag);
}

// Of all that a run writes beside its model.
std::string LongestFile(const Run& run) {
  constexpr std::int32_t kMostEpochs = 1000000;
  const std::string model = RunFiles("").Model(run.name);
  const CheckpointFiles checkpoints(model);
  std::vector<std::string> files = {PartialPath(model), checkpoints.previous(),
                                    PartialPath(checkpoints.path())};
  if (run.flags.Has("--keep-every"))
    files.push_back(PartialPath(KeptModelPath(model, kMostEpochs)));
  return std::filesystem::path(*std::ranges::max_element(files, {}, &std::string::size)).filename();
}

void CheckNames(const std::vector<Run>& runs) {
  constexpr std::size_t kMost = NAME_MAX;
  for (const Run& run : runs) {
    const std::string file = LongestFile(run);
    if (file.size() <= kMost) continue;
    Fail<UsageError>(
        "{}: a file of that run would have a name of {} letters, and file systems take {}; shorten "
        "the names of its data set, teacher, student and method",
        run.name, file.size(), kMost);
  }
}

}  // namespace

void CheckCanRun(const Plan& plan, const std::string& folder) {
  CheckCommas(plan, folder);
  CheckNames(AllRuns(plan, [](const Run&) { return std::optional<Outcome>(); }));
}

std::string RunExperiment(const Plan& plan, const RunnerOptions& options) {
  const FolderLock lock(options.folder);
  MakeFolder(RunsFolder(options.folder));
  Runner runner(plan, options);
  runner.Train();
  runner.Measure();
  runner.TellLeftOut();
  return ResultsPath(options.folder);
}

Standing StandingOf(const Plan& plan, const std::string& folder) {
  Standing standing{};
  RunFiles files(RunsFolder(folder));
  std::set<std::string> names;
  for (Run& run : AllRuns(plan, OutcomesIn(plan, files))) {
    if (!names.insert(run.name).second) continue;
    const Json& facts = files.Facts(run.name);
    if (!facts.is_null()) {
      ++standing.done;
      standing.seconds += facts.value("seconds", 0.0);
    }
    standing.runs.push_back(std::move(run));
  }
  if (standing.done > 0) standing.seconds /= static_cast<double>(standing.done);
  return standing;
}

}  // namespace derrd
