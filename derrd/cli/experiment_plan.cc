#include "derrd/cli/experiment_plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "derrd/cli/dry_run.h"
#include "derrd/cli/experiment_file.h"
#include "derrd/cli/hyper_parameter_flags.h"
#include "derrd/cli/jobs_memory.h"
#include "derrd/cli/solving.h"
#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/core/nearest.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/same_ids.h"
#include "derrd/methods/objective.h"
#include "derrd/models/bpr_mf.h"

namespace derrd::cli {
namespace {

// What a check throws, with the line of what was checked in front.
template <typename Check>
auto At(const std::string& place, const Check& check) {
  try {
    return check();
  } catch (const UsageError& error) {
    const std::string message = error.what();
    if (message.starts_with(place.substr(0, place.rfind(':') + 1))) throw;
    Fail<UsageError>("{}: {}", place, message);
  }
}

DryRunKind KindOf(const Cell& cell) {
  return cell.subcommand == "train" ? DryRunKind::kScratch : DryRunKind::kDistilled;
}

class Planner {
 public:
  Planner(ExperimentFile file, std::string folder, std::uint64_t seed, const Parallel& parallel)
      : file_(std::move(file)), folder_(std::move(folder)), seed_(seed), parallel_(parallel) {}

  Plan Make(std::size_t jobs) {
    plan_.search = file_.search;
    for (const ExperimentPart& data : file_.data) AddData(data);
    for (const ExperimentPart& teacher : file_.teachers) AddTeacher(teacher);
    for (const ExperimentGrid& grid : file_.grids) AddGrid(grid);
    CheckSearched();
    memory_.Check(plan_, jobs);
    return std::move(plan_);
  }

 private:
  std::string PathOf(const std::string& file) const {
    return (std::filesystem::path(folder_) / file).string();
  }

  void AddData(const ExperimentPart& part) {
    const std::string path = PathOf(part.file);
    Dataset dataset = At(part.place, [&] { return OpenAt(part, path); });
    const std::vector<std::string> known = MetricNames(dataset.protocol());
    PlannedData data{part.name, path, dataset.fingerprint(),
                     std::string(MainMetric(dataset.protocol()))};
    if (!file_.metric.empty()) {
      if (std::ranges::find(known, file_.metric) == known.end()) {
        Fail<UsageError>("{}: {} has no metric '{}'{}; known: {}", file_.metric_place, path,
                         file_.metric, DidYouMean(file_.metric, known), fmt::join(known, ", "));
      }
      data.metric = file_.metric;
    }
    plan_.data.push_back(std::move(data));
    datasets_.push_back(std::move(dataset));
  }

  static Dataset OpenAt(const ExperimentPart& part, const std::string& path) {
    if (!std::filesystem::exists(path)) {
      Fail<UsageError>("{}: {} is not there; `derrd import` makes it, --data names its folder",
                       part.place, path);
    }
    Dataset dataset = Dataset::Open(path);
    for (const auto& [split, name] :
         {std::pair(&dataset.valid(), "validation"), {&dataset.test(), "test"}}) {
      if (!split->empty()) continue;
      Fail<UsageError>("{}: {} holds nothing out for {}; import it with a split of three",
                       part.place, path, name);
    }
    return dataset;
  }

  void AddTeacher(const ExperimentPart& part) {
    PlannedTeacher teacher;
    teacher.name = part.name;
    teacher.seed = part.seed;
    if (part.file.empty()) {
      PlacedFlags flags = file_.flags;
      flags.Set(part.flags);
      teacher.flags = flags.flags;
      teacher_flags_.push_back(std::move(flags));
    } else {
      teacher.path = PathOf(part.file);
      if (!std::filesystem::exists(teacher.path)) {
        Fail<UsageError>("{}: {} is not there; check the path, --data names its folder", part.place,
                         teacher.path);
      }
      teacher.fingerprint = Fingerprint(teacher.path);
      teacher_flags_.emplace_back();
    }
    plan_.teachers.push_back(std::move(teacher));
  }

  static std::size_t IndexOf(const std::vector<ExperimentPart>& parts, const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(parts, name, &ExperimentPart::name) -
                                    parts.begin());
  }

  void AddGrid(const ExperimentGrid& grid) {
    for (const std::string& data : grid.data) {
      for (const std::string& teacher : grid.teachers) {
        for (const std::string& student : grid.students) {
          AddCells(grid, IndexOf(file_.data, data), IndexOf(file_.teachers, teacher),
                   file_.students[IndexOf(file_.students, student)]);
        }
      }
    }
  }

  void AddCells(const ExperimentGrid& grid, std::size_t data, std::size_t teacher,
                const ExperimentPart& student) {
    const std::vector<std::size_t>& widths = grid.widths.empty() ? student.widths : grid.widths;
    if (widths.empty()) {
      Fail<UsageError>("{}: [student.{}] has no width; add width = 20, or a list", student.place,
                       student.name);
    }
    for (const std::size_t width : widths) {
      for (const std::string& method : grid.methods) {
        AddCell(grid, data, teacher, student, width, file_.methods[IndexOf(file_.methods, method)]);
      }
    }
  }

  void AddCell(const ExperimentGrid& grid, std::size_t data, std::size_t teacher,
               const ExperimentPart& student, std::size_t width, const ExperimentPart& method) {
    Cell cell;
    cell.data = data;
    cell.teacher = teacher;
    cell.student = student.name;
    cell.method = method.name;
    cell.width = width;
    cell.seeds = grid.seeds;
    const auto same = [&](const Cell& other) {
      return other.data == data && other.teacher == teacher && other.student == cell.student &&
             other.method == cell.method && other.width == width;
    };
    if (std::ranges::any_of(plan_.cells, same)) {
      Fail<UsageError>("{}: {}, {}, {}, {} at width {} is in an earlier grid too; leave one out",
                       grid.place, plan_.data[data].name, plan_.teachers[teacher].name,
                       cell.student, cell.method, width);
    }
    cell.subcommand = method.method == MethodTable::kNone ? "train" : "distill";
    PlacedFlags flags = file_.flags;
    flags.Set(student.flags);
    flags.Set(method.flags);
    flags.Set("--width", std::to_string(width), student.place);
    if (cell.subcommand == "distill") flags.Set("--method", method.method, method.place);
    cell.flags = flags.flags;
    CheckTeacherOf(data, teacher);
    const std::vector<PlacedRange> ranges = RangesOf(student, method, flags.flags);
    AddTrials(method, ranges, cell);
    for (const PlacedRange& range : ranges) CheckEnds(flags, range, cell);
    PlacedFlags own = student.flags;
    own.Set(method.flags);
    for (const PlacedRange& range : ranges) own.Set(range.range.flag, "", range.place);
    if (cell.trials.empty()) CheckTrial(method, flags, own, ranges, cell, cell.given);
    for (Trial& trial : cell.trials) {
      CheckTrial(method, WithTrial(flags, trial.values, ranges), own, ranges, cell, trial);
    }
    CheckHalving(ranges, cell);
    plan_.cells.push_back(std::move(cell));
  }

  void CheckHalving(const std::vector<PlacedRange>& ranges, const Cell& cell) const {
    const bool epochs = std::ranges::all_of(cell.trials, &Trial::resumable);
    if (file_.search.kind != SearchKind::kHalving || epochs) return;
    Fail<UsageError>(
        "{}: {} is solved and has no epochs to halve; search it with kind = \"random\" or "
        "\"grid\"",
        ranges.front().place, cell.method);
  }

  // Those of every method that the method and the student say nothing of, then the method's own.
  std::vector<PlacedRange> RangesOf(const ExperimentPart& student, const ExperimentPart& method,
                                    const Flags& flags) {
    if (method.method == MethodTable::kSvd) return {};
    std::vector<PlacedRange> ranges;
    for (const PlacedRange& range : file_.ranges) {
      const std::string& flag = range.range.flag;
      const auto is_own = [&](const PlacedRange& own) { return own.range.flag == flag; };
      if (student.flags.flags.Has(flag) || method.flags.flags.Has(flag) ||
          std::ranges::any_of(method.ranges, is_own) || IsUseless(flag, method, flags)) {
        continue;
      }
      searched_.insert(flag);
      ranges.push_back(range);
    }
    ranges.insert(ranges.end(), method.ranges.begin(), method.ranges.end());
    return ranges;
  }

  // What is solved has no use for the flags of training.
  static bool IsUseless(const std::string& flag, const ExperimentPart& method, const Flags& flags) {
    BaseModelOptions model;
    if (flags.Has("--model")) model.kind = flags.ValueOf("--model");
    if (model.IsSolved() && IsGradientFlag(flag)) return true;
    return method.method != MethodTable::kNone && MethodTable().Parse(method.method).IsSolved() &&
           !IsFlagOf(method.method, flag);
  }

  void CheckSearched() const {
    for (const PlacedRange& range : file_.ranges) {
      if (searched_.contains(range.range.flag)) continue;
      Fail<UsageError>(
          "{}: '{}' is searched for none of the methods, which are solved or have values of their "
          "own; leave it out",
          range.place, range.range.flag);
    }
  }

  void AddTrials(const ExperimentPart& method, const std::vector<PlacedRange>& placed,
                 Cell& cell) const {
    const bool halving = file_.search.kind == SearchKind::kHalving;
    std::vector<SearchRange> ranges;
    for (const PlacedRange& range : placed) {
      ranges.push_back(range.range);
      if (!halving || range.range.flag != "--epochs") continue;
      Fail<UsageError>(
          "{}: 'epochs' is what halving deals out; leave it out, or search with kind = \"random\"",
          range.place);
    }
    const std::string place = placed.empty() ? method.place : placed.front().place;
    const std::vector<Flags> drawn =
        At(place, [&] { return Trials(file_.search.kind, file_.search.budget, ranges, seed_); });
    for (const Flags& values : drawn) cell.trials.push_back({values});
  }

  // What is drawn may lie anywhere between the ends, so a flag has to take both.
  void CheckEnds(const PlacedFlags& flags, const PlacedRange& range, const Cell& cell) const {
    if (!range.range.values.empty()) return;
    for (const double end : {range.range.from, range.range.to}) {
      PlacedFlags with_end = flags;
      with_end.Set(range.range.flag, fmt::format("{}", end), range.place);
      DryRun run(KindOf(cell));
      run.Parse(with_end, plan_.data[cell.data].path);
    }
  }

  static PlacedFlags WithTrial(PlacedFlags flags, const Flags& trial,
                               const std::vector<PlacedRange>& ranges) {
    for (const PlacedRange& range : ranges) {
      flags.Set(range.range.flag, std::string(trial.ValueOf(range.range.flag)), range.place);
    }
    return flags;
  }

  // own: what is said of its student and method alone, and what is searched.
  void CheckTrial(const ExperimentPart& method, const PlacedFlags& flags, const PlacedFlags& own,
                  const std::vector<PlacedRange>& searched, Cell& cell, Trial& trial) {
    const Dataset& dataset = datasets_[cell.data];
    DryRun run(KindOf(cell));
    run.Parse(flags, plan_.data[cell.data].path);
    const DistillOptions& options = run.options();
    cell.epochs = std::max(cell.epochs, options.train.epochs);
    const bool distilled = cell.subcommand == "distill";
    const MethodSum sum = distilled ? options.table.Parse(options.method) : MethodSum{};
    CheckUsed(own, options.model);
    trial.resumable = !options.model.IsSolved() && !sum.IsSolved() && sum.name != MethodTable::kSvd;
    At(method.place, [&] {
      if (!distilled) {
        return memory_.NoteCell(plan_.cells.size(), CheckTraining(options, dataset));
      }
      StoppingOptions(options, dataset);
      trial.files = FilesOf(sum);
      const std::size_t stages = flags.flags.Has(kStagesFlag) ? 0 : method.stages;
      CheckMethod(options, sum, stages, KindOfCheck(flags.flags, searched, cell), cell);
    });
  }

  // What is said of one part is meant for it, other than what is said of all.
  static void CheckUsed(const PlacedFlags& own, const BaseModelOptions& model) {
    if (!model.IsSolved()) return;
    for (const Flag& flag : own.flags) {
      if (!IsGradientFlag(flag.name)) continue;
      Fail<UsageError>(
          "{}: {} is of training by gradients and changes nothing of --model {}, which is solved; "
          "leave it out",
          own.places.at(flag.name), flag.name, model.kind);
    }
  }

  // What is in the files that the methods read.
  static std::vector<std::string> FilesOf(const MethodSum& sum) {
    std::vector<std::string> fingerprints;
    for (const Method* method : sum.methods) {
      for (const std::string& file : method->Files()) fingerprints.push_back(Fingerprint(file));
    }
    return fingerprints;
  }

  // The same for cells that one check is enough for: students of any width, and trials of other
  // weights and rates. No length depends on a number that is not whole; words are other kinds.
  std::string KindOfCheck(Flags flags, const std::vector<PlacedRange>& searched,
                          const Cell& cell) const {
    flags.Set("--width", "");
    for (const PlacedRange& range : searched) {
      const std::string_view value = flags.ValueOf(range.range.flag);
      const bool number = value.find_first_not_of("+-.0123456789e") == value.npos;
      const bool whole = value.find_first_not_of("0123456789") == value.npos;
      if (number && !whole) flags.Set(range.range.flag, "");
    }
    return fmt::format("{} {} {}", cell.data, plan_.teachers[cell.teacher].name,
                       fmt::join(flags.Words(), " "));
  }

  // The memory that it takes.
  static double CheckTraining(const TrainingOptions& options, const Dataset& dataset) {
    StoppingOptions(options, dataset);
    if (!options.model.IsSolved()) return CheckNeeds(MemoryNeeds(options, dataset));
    CheckSolvable(options);
    return CheckNeeds(SolverNeeds(options, dataset));
  }

  static double CheckNeeds(const std::vector<MemoryNeed>& needs) {
    CheckMemory(needs);
    double bytes = 0;
    for (const MemoryNeed& need : needs) bytes += need.bytes;
    return bytes;
  }

  // One objective is made of each kind. stages: 0 where the flags name them.
  void CheckMethod(const DistillOptions& options, const MethodSum& sum, std::size_t stages,
                   const std::string& kind, Cell& cell) {
    const PlannedTeacher& planned = plan_.teachers[cell.teacher];
    const Model& teacher = *models_.at({cell.data, cell.teacher});
    CheckUsage(options, sum);
    if (sum.name == MethodTable::kSvd) return CheckTeacher(sum, planned.name, teacher);
    memory_.NoteCell(plan_.cells.size(),
                     CheckNeeds(NeedsBeforeTeacher(options, sum, datasets_[cell.data])));
    if (NeedsStages(sum) && stages > 0) {
      if (planned.flags.Has("--keep-every")) {
        cell.stages = stages;
        return;  // nothing more can be told before they are there
      }
      FailWithoutStages(sum.name, cell.method, planned);
    }
    CheckTeacher(sum, planned.name, teacher);
    if (!checked_.insert(kind).second) return;
    const Dataset& dataset = datasets_[cell.data];
    const auto student = MakeModel(options.model, dataset, kSmallWidth, options.seed);
    Objective(options.model, sum,
              {dataset, teacher, planned.path, student->representation_width(), options.seed,
               parallel_, Listener{.note = Note}});
  }

  [[noreturn]] static void FailWithoutStages(const std::string& sum, const std::string& method,
                                             const PlannedTeacher& teacher) {
    const bool is_there = !teacher.path.empty();
    const std::string remedy =
        is_there ? fmt::format("name them with hetcomp-stages = [...] in [method.{}]", method)
                 : fmt::format("add keep-every = 10 to [teacher.{}]", teacher.name);
    Fail<UsageError>("--method {}: needs models along the teacher's training, and {} {}; {}", sum,
                     teacher.name, is_there ? "is a file alone" : "keeps none", remedy);
  }

  // A teacher that is there, or a small one of that kind that knows nothing yet.
  void CheckTeacherOf(std::size_t data, std::size_t teacher) {
    std::unique_ptr<Model>& model = models_[{data, teacher}];
    if (model != nullptr) return;
    const ExperimentPart& part = file_.teachers[teacher];
    PlannedTeacher& planned = plan_.teachers[teacher];
    const Dataset& dataset = datasets_[data];
    if (!planned.path.empty()) {
      ModelFile file = ModelFile::Open(planned.path);
      CheckSameIds(file, planned.path, dataset);
      model = std::move(file.model);
      return;
    }
    DryRun run(DryRunKind::kTeacher);
    run.Parse(teacher_flags_[teacher], plan_.data[data].path);
    const TrainingOptions& options = run.options();
    CheckUsed(part.flags, options.model);
    planned.resumable = !options.model.IsSolved();
    At(part.place, [&] {
      memory_.NoteTeacher(data, teacher, CheckTraining(options, dataset));
      if (options.model.IsSolved()) {
        model = std::make_unique<BprMf>(dataset.users(), dataset.items(), kSmallWidth, 0);
      } else {
        model = MakeModel(options.model, dataset, kSmallWidth, 0);
      }
    });
  }

  static constexpr std::size_t kSmallWidth = 4;

  ExperimentFile file_;
  std::string folder_;
  std::uint64_t seed_;
  const Parallel& parallel_;
  Plan plan_;
  std::vector<Dataset> datasets_;
  std::vector<PlacedFlags> teacher_flags_;
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<Model>> models_;
  std::set<std::string> checked_;
  JobsMemory memory_;
  std::set<std::string> searched_;  // of the ranges of every method
};

}  // namespace

Plan PlanOf(const std::string& path, const std::string& data, std::uint64_t seed, std::size_t jobs,
            const Parallel& parallel) {
  const DryRun teacher(DryRunKind::kTeacher), train(DryRunKind::kScratch),
      distill(DryRunKind::kDistilled);
  ExperimentFile file =
      ReadExperimentFile(path, {teacher.command(), train.command(), distill.command()});
  const std::string beside = std::filesystem::path(path).parent_path().string();
  return Planner(std::move(file), data.empty() ? beside : data, seed, parallel).Make(jobs);
}

}  // namespace derrd::cli
