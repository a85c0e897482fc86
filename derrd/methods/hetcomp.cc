// HetComp as a method.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/rankings.h"
#include "derrd/eval/same_ids.h"
#include "derrd/methods/method.h"
#include "derrd/train/hetcomp_term.h"

namespace derrd {
namespace {

// A list has a tenth as many observed items, and one at least.
std::size_t ObservedOf(std::size_t top) { return std::max<std::size_t>(top / 10, 1); }

class HetComp : public Method {
 public:
  HetComp() {
    parameters_ = {
        {"weight", "Weight of the HetComp loss while users are under way",
         Within(options_.weight, 0, 1e6)},
        {"ranking_weight", "Its weight once they have arrived at the last stage",
         Within(options_.ranking_weight, 0, 1e6), "lambda-hetcomp-ranking"},
        {"stages", "Models of the teacher's training, the earliest first; --teacher is the last",
         InputFiles{&stages_}},
        {"top", "Items of each stage's ranking (K)", Within(top_, 1, 1 << 24)},
        {"alpha", "Lower, and users move on to the next stage sooner",
         Within(options_.alpha, 1e-6, 1e6)},
        {"period", "Epochs between two looks at who may move on",
         Within(options_.period, 1, 1000000)},
        {"depth", "Items that a look compares", Within(options_.depth, 1, 1 << 24)},
        {"rest", "Items drawn a step to stand for all outside the lists (0: all of them, exactly)",
         Within(options_.rest, 0, 1 << 24)},
    };
  }

  MethodInfo info() const override {
    return {.name = "hetcomp",
            .formula =
                "-lambda * sum_u sum_{i in P,U} [ f_i - log( exp f_i + sum_r exp f_r ) ] in "
                "the place of BPR; U from earlier to later stages, then their order",
            .need = TeacherNeed::kRankingsAlongTraining,
            .source = "HetComp (Kang et al., WWW 2023)",
            .replaces_base = true};
  }

  std::vector<std::string> Files() const override { return stages_; }

  std::string Lacks(const Model& teacher) const override {
    if (!teacher.has_scores())
      return "has no score for any user and item; choose another of either";
    if (!stages_.empty()) return "";
    return "holds one state of its training alone; name earlier ones, as `derrd train "
           "--keep-every` writes them, with --hetcomp-stages";
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    constexpr std::size_t kProgress = 2;  // numbers a user
    double files = 0.0;
    for (const std::string& path : stages_) files = std::max(files, FileBytes(path));
    const std::size_t top = std::min(top_, size.items), observed = ObservedOf(top);
    const std::size_t rest = options_.rest == 0 ? size.items : std::min(options_.rest, size.items);
    return {
        {"--hetcomp-stages", files},
        {"--hetcomp-top", ListBytes(size.users, (stages_.size() + 1) * top + observed + kProgress)},
        {"--hetcomp-rest", ScoreBytes(size, BatchUsers(size), top + observed + rest)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    CheckStages(context);
    const Dataset& dataset = context.dataset;
    TeacherTrajectory trajectory;
    const auto add = [&](const Model& model) {
      trajectory.unobserved.push_back(
          RankUnobserved(model, dataset, top_, context.parallel, "--hetcomp-top"));
    };
    for (const std::string& path : stages_) add(*ModelFile::OpenToAsk(path).model);
    add(context.teacher);
    const std::size_t length = trajectory.unobserved.back().length();
    CheckSomeAreLeft(dataset, length);
    trajectory.observed = RankObserved(context.teacher, dataset.train(), ObservedOf(length),
                                       NamesOf(dataset), context.parallel);
    return std::make_unique<HetCompTerm>(dataset, std::move(trajectory), options_, context.seed);
  }

 private:
  // Lists are compared with the items outside: where there are none, nothing is learned.
  static void CheckSomeAreLeft(const Dataset& dataset, std::size_t length) {
    const std::size_t busiest = dataset.train().Busiest();
    const std::size_t unobserved = dataset.items() - dataset.train().Of(busiest).size();
    if (length < unobserved) return;
    Fail<UsageError>("--hetcomp-top: {}, and so none outside its list of {}; give {} or less",
                     BusiestUser(dataset), length, std::max<std::size_t>(unobserved, 2) - 1);
  }

  // Error when a stage has other users or items, or has been named before. Before anything is
  // ranked, which takes longer.
  void CheckStages(const MethodContext& context) const {
    std::map<std::string, std::string> path_of;
    if (!context.teacher_path.empty()) {
      path_of.emplace(Fingerprint(context.teacher_path), context.teacher_path);
    }
    for (const std::string& path : stages_) {
      const auto [same, is_new] = path_of.emplace(Fingerprint(path), path);
      if (!is_new) {
        Fail<UsageError>(
            "--hetcomp-stages: {} is the same model as {}; name every stage once, and the teacher "
            "with --teacher alone",
            path, same->second);
      }
      const ModelFile stage = ModelFile::OpenToAsk(path);
      CheckSameIds(stage, path, context.dataset);
      context.listener.Note(NoteOnOtherData(stage, path, context.dataset));
    }
    CheckOrder(context.teacher_path, context.listener);
  }

  // Error when models of the teacher's training are not named as they came; a note for what is no
  // way to the teacher: models of another training, and those after the epoch that was kept.
  void CheckOrder(const std::string& teacher, const Listener& listener) const {
    if (teacher.empty()) return;
    const ModelFile last = ModelFile::OpenToAsk(teacher);
    const auto kept = EpochOf(last);
    std::string path_before;
    std::int32_t before = -1;
    for (const std::string& path : stages_) {
      const ModelFile stage = ModelFile::OpenToAsk(path);
      const auto epoch = EpochOf(stage);
      if (TrainingOf(stage) != TrainingOf(last)) {
        Note(listener, path, "is not of the training of " + teacher);
        continue;
      }
      if (!epoch) continue;
      if (*epoch < before) {
        Fail<UsageError>(
            "--hetcomp-stages: {} is of epoch {}, and {} before it of epoch {}; name the earliest "
            "first",
            path, *epoch, path_before, before);
      }
      if (kept && *epoch > *kept) {
        Note(listener, path,
             fmt::format("is of epoch {}, after {} of epoch {}", *epoch, teacher, *kept));
      }
      before = *epoch;
      path_before = path;
    }
  }

  static void Note(const Listener& listener, const std::string& path, const std::string& what) {
    listener.Note(fmt::format("--hetcomp-stages: {} {}", path, what));
  }

  // What models of one training share.
  static nlohmann::ordered_json TrainingOf(const ModelFile& file) {
    nlohmann::ordered_json config = file.config;
    for (const char* of_one : kEpochKeys) config.erase(of_one);
    return config;
  }
  static std::optional<std::int32_t> EpochOf(const ModelFile& file) {
    for (const char* key : kEpochKeys) {
      const auto found = file.config.find(key);
      if (found != file.config.end() && found->is_number_integer()) return *found;
    }
    return std::nullopt;
  }

  static constexpr std::array kEpochKeys = {config_keys::kKeptEpoch, config_keys::kBestEpoch};

  HetCompOptions options_;
  std::vector<std::string> stages_;
  std::size_t top_ = 100;
};

}  // namespace

std::unique_ptr<Method> MakeHetComp() { return std::make_unique<HetComp>(); }

}  // namespace derrd
