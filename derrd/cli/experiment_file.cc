#include "derrd/cli/experiment_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "derrd/cli/hyper_parameter_flags.h"
#include "derrd/cli/toml_flags.h"
#include "derrd/cli/toml_values.h"
#include "derrd/cli/training.h"
#include "derrd/core/error.h"
#include "derrd/core/nearest.h"

namespace derrd::cli {
namespace {

// The experiment decides these.
constexpr std::array<std::string_view, 13> kOwn = {
    "--output", "--log",     "--teacher", "--method", "--seed",  "--threads",         "--json",
    "--resume", "--dataset", "--init",    "-o",       "--width", "--checkpoint-every"};

constexpr std::uint64_t kMostSeed =
    std::numeric_limits<std::int64_t>::max();  // that TOML can write

class Reader : TomlValues {
 public:
  Reader(const std::string& path, const ExperimentCommands& commands)
      : TomlValues(path), commands_(commands), toml_(ParseToml(path)) {}

  ExperimentFile Read() {
    CheckKeys(toml_, {"seeds", "flags", "data", "teacher", "student", "method", "grid", "search"},
              "an experiment");
    ReadFlags();
    ReadParts("data", file_.data, &Reader::ReadData);
    ReadParts("teacher", file_.teachers, &Reader::ReadTeacher);
    ReadParts("student", file_.students, &Reader::ReadStudent);
    ReadParts("method", file_.methods, &Reader::ReadMethod);
    ReadSearch();
    ReadGrids();
    return std::move(file_);
  }

 private:
  std::vector<std::size_t> WidthsOf(const toml::key& key, const toml::node& value) const {
    const auto widths = WholesOf(key, value, 1, 65536);
    return {widths.begin(), widths.end()};
  }
  std::vector<std::uint64_t> SeedsOf(const toml::key& key, const toml::node& value) const {
    return WholesOf(key, value, 0, kMostSeed);
  }

  const CLI::Option& OptionOf(const CLI::App& command, const toml::key& key) const {
    const std::string name(key.str());
    const std::string flag = FlagOf(name);
    if (std::ranges::find(kOwn, flag) != kOwn.end()) {
      Fail<UsageError>("{}: '{}' is not set here: {}; leave it out", Place(key), name,
                       flag == "--width" ? "students and teachers have their widths"
                                         : "the experiment decides it for each run");
    }
    const CLI::Option* option = SettingNamed(command, name);
    if (option == nullptr && SettingNamed(commands_.teacher, name) != nullptr) {
      Fail<UsageError>("{}: '{}' is of teachers alone; move it into [teacher.NAME]", Place(key),
                       name);
    }
    if (option == nullptr) FailNoFlag(command, Place(key), name);
    return *option;
  }

  void ReadFlag(const CLI::App& command, const toml::key& key, const toml::node& value,
                PlacedFlags& flags) const {
    const CLI::Option& option = OptionOf(command, key);
    const std::string name(key.str());
    const auto word = [&](const toml::node& node) {
      return WordOf(option, Place(key), name, node);
    };
    const bool several = value.is_array() && option.get_items_expected_max() > 1;
    flags.Set(FlagOf(name), several ? Joined(ListOf<std::string>(key, value, word)) : word(value),
              Place(key));
  }

  void ReadFlags() {
    for (const auto& [key, value] : toml_) {
      if (key.str() != "flags") continue;
      for (const auto& [flag, word] : TableOf(key, value)) {
        ReadFlag(commands_.train, flag, word, file_.flags);
      }
    }
  }

  using ReadPart = void (Reader::*)(const toml::table& table, ExperimentPart& part);

  void ReadParts(const std::string& kind, std::vector<ExperimentPart>& parts, ReadPart read) {
    for (const auto& [kind_key, tables] : toml_) {
      if (kind_key.str() != kind) continue;
      for (const auto& [key, value] : TableOf(kind_key, tables)) {
        ExperimentPart part;
        part.name = key.str();
        part.place = Place(key);
        CheckName(part);
        (this->*read)(TableOf(key, value), part);
        parts.push_back(std::move(part));
      }
    }
    if (parts.empty()) {
      Fail<UsageError>("{}: has no [{}.NAME]; an experiment needs one of each kind", path(), kind);
    }
    // TOML tables are sorted by key: the file's order is the one that was meant.
    std::ranges::stable_sort(parts, {}, [](const ExperimentPart& part) {
      return std::stoul(part.place.substr(part.place.rfind(':') + 1));
    });
  }

  // Names become names of files.
  static void CheckName(const ExperimentPart& part) {
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '+';
    };
    if (part.name.empty() || part.name.size() > 64 || !std::ranges::all_of(part.name, fits)) {
      Fail<UsageError>("{}: '{}' is no name; use up to 64 letters, digits, '-', '_' and '+'",
                       part.place, part.name);
    }
  }

  void ReadData(const toml::table& table, ExperimentPart& part) {
    CheckKeys(table, {"file"}, "a data set");
    for (const auto& [key, value] : table) part.file = TextOf(key, value);
    if (part.file.empty()) {
      Fail<UsageError>(
          "{}: [data.{}] names no file; add file = \"X.derrd\", made by `derrd import`", part.place,
          part.name);
    }
  }

  void ReadTeacher(const toml::table& table, ExperimentPart& part) {
    for (const auto& [key, value] : table) {
      if (key.str() == "file") {
        part.file = TextOf(key, value);
      } else if (key.str() == "seed") {
        part.seed = WholeOf(key, value, 0, kMostSeed);
      } else if (key.str() == "width") {
        part.flags.Set("--width", std::to_string(WholeOf(key, value, 1, 65536)), Place(key));
      } else {
        ReadFlag(commands_.teacher, key, value, part.flags);
      }
    }
    if (!part.file.empty() && table.size() > 1) {
      Fail<UsageError>(
          "{}: [teacher.{}] has a file, so nothing of it is trained; leave the rest out",
          part.place, part.name);
    }
  }

  void ReadStudent(const toml::table& table, ExperimentPart& part) {
    for (const auto& [key, value] : table) {
      if (key.str() == "width") {
        part.widths = WidthsOf(key, value);
      } else {
        ReadFlag(commands_.train, key, value, part.flags);
      }
    }
  }

  void ReadMethod(const toml::table& table, ExperimentPart& part) {
    part.method = part.name;
    for (const auto& [key, value] : table) {
      if (key.str() == "method") part.method = TextOf(key, value);
    }
    try {
      part.method = methods_.Parse(part.method).name;
    } catch (const UsageError& error) {
      Fail<UsageError>("{}: {}", part.place, error.what());
    }
    const CLI::App& command =
        part.method == MethodTable::kNone ? commands_.train : commands_.distill;
    for (const auto& [key, value] : table) {
      if (key.str() == "method") continue;
      if (key.str() == "stages") {
        part.stages = WholeOf(key, value, 1, 1000);
        CheckStages(key, table, part);
      } else if (key.str() == "search") {
        ReadOwnRanges(command, key, TableOf(key, value), part);
      } else {
        CheckOwn(command, key, part);
        ReadFlag(command, key, value, part.flags);
      }
    }
    for (const PlacedRange& range : part.ranges) {
      if (!part.flags.flags.Has(range.range.flag)) continue;
      Fail<UsageError>("{}: '{}' is searched, and [method.{}] has a value of it too; leave one out",
                       range.place, range.range.flag, part.name);
    }
  }

  void CheckStages(const toml::key& key, const toml::table& table,
                   const ExperimentPart& part) const {
    if (!NeedsStages(methods_.Parse(part.method))) {
      Fail<UsageError>("{}: 'stages' is of HetComp and changes nothing of {}; leave it out",
                       Place(key), part.method);
    }
    for (const auto& [other, value] : table) {
      if (FlagOf(std::string(other.str())) != kStagesFlag) continue;
      Fail<UsageError>(
          "{}: 'stages' counts those of a teacher that is trained, and '{}' names them; "
          "leave one out",
          Place(key), other.str());
    }
  }

  void ReadOwnRanges(const CLI::App& command, const toml::key& key, const toml::table& table,
                     ExperimentPart& part) const {
    if (part.method == MethodTable::kSvd) {
      Fail<UsageError>(
          "{}: nothing is trained by svd, so that there is nothing to search; leave it out",
          Place(key));
    }
    for (const auto& [flag, range] : table) CheckOwn(command, flag, part);
    ReadRanges(command, table, part.ranges);
  }

  // What is said of one method is meant for it, other than what is said of all.
  void CheckOwn(const CLI::App& command, const toml::key& key, const ExperimentPart& part) const {
    const std::string group = OptionOf(command, key).get_group();
    const MethodSum sum = methods_.Parse(part.method);
    const bool cut = sum.name == MethodTable::kSvd;
    if ((cut || sum.IsSolved()) && IsGradientFlag(FlagOf(std::string(key.str())), cut)) {
      Fail<UsageError>(
          "{}: '{}' is of training by gradients and changes nothing of {}; leave it out",
          Place(key), key.str(), part.method);
    }
    for (const auto& method : methods_.methods()) {
      const std::string other = method->info().name;
      if (group != HeadingOf(other)) continue;
      if (std::ranges::find(sum.methods, method.get()) != sum.methods.end()) return;
      Fail<UsageError>("{}: '{}' is of method {} and changes nothing of {}; leave it out",
                       Place(key), key.str(), other, part.method);
    }
  }

  void ReadRanges(const CLI::App& command, const toml::table& table,
                  std::vector<PlacedRange>& ranges) const {
    for (const auto& [key, value] : table) {
      const CLI::Option& option = OptionOf(command, key);
      PlacedRange range;
      range.place = Place(key);
      range.range.flag = FlagOf(std::string(key.str()));
      const auto same = [&](const PlacedRange& other) {
        return other.range.flag == range.range.flag;
      };
      if (std::ranges::any_of(ranges, same)) {
        Fail<UsageError>("{}: '{}' is searched twice; leave one out", range.place, key.str());
      }
      range.range.whole = ExpectedBy(option).starts_with("whole");
      if (const toml::table* bounds = value.as_table()) {
        ReadBounds(*bounds, range);
      } else {
        range.range.values = ListOf<std::string>(key, value, [&](const toml::node& node) {
          return WordOf(option, range.place, std::string(key.str()), node);
        });
      }
      ranges.push_back(std::move(range));
    }
  }

  void ReadBounds(const toml::table& bounds, PlacedRange& range) const {
    CheckKeys(bounds, {"from", "to", "scale"}, "a range");
    bool from = false, to = false;
    for (const auto& [key, value] : bounds) {
      if (key.str() == "scale") {
        const std::string scale = TextOf(key, value);
        if (scale != "log" && scale != "linear") {
          Fail<UsageError>("{}: the scale '{}' is neither log nor linear", Place(key), scale);
        }
        range.range.log = scale == "log";
        continue;
      }
      const auto number = value.value<double>();
      if (!number || !std::isfinite(*number)) {
        FailType(Place(key), std::string(key.str()), "a number", value);
      }
      (key.str() == "from" ? range.range.from : range.range.to) = *number;
      (key.str() == "from" ? from : to) = true;
    }
    const SearchRange& read = range.range;
    if (!from || !to || read.from > read.to || (read.log && read.from <= 0)) {
      Fail<UsageError>("{}: a range needs from and to, from <= to, and 0 < from on a log scale",
                       range.place);
    }
  }

  void ReadSearch() {
    for (const auto& [search_key, search] : toml_) {
      if (search_key.str() != "search") continue;
      const toml::table& table = TableOf(search_key, search);
      CheckKeys(table, {"kind", "budget", "metric", "epochs", "factor", "flags"}, "[search]");
      for (const auto& [key, value] : table) ReadSearchKey(key, value);
      for (const auto& [key, value] : table) {
        const bool of_halving = key.str() == "epochs" || key.str() == "factor";
        if (!of_halving || file_.search.kind == SearchKind::kHalving) continue;
        Fail<UsageError>(
            "{}: '{}' is of a search by halving; give kind = \"halving\", or leave it out",
            Place(key), key.str());
      }
      const bool searched = !file_.ranges.empty() ||
                            std::ranges::any_of(file_.methods, [](const ExperimentPart& method) {
                              return !method.ranges.empty();
                            });
      if (searched && !table.contains("budget")) {
        Fail<UsageError>("{}: [search] has no budget; add budget = 4, or how many to try of each",
                         Place(search_key));
      }
      return;
    }
    for (const ExperimentPart& method : file_.methods) {
      if (method.ranges.empty()) continue;
      Fail<UsageError>(
          "{}: '{}' is to be searched and the file has no [search]; add one with kind "
          "and budget, which all methods share",
          method.ranges.front().place, method.ranges.front().range.flag);
    }
  }

  void ReadSearchKey(const toml::key& key, const toml::node& value) {
    const std::string name(key.str());
    if (name == "kind") {
      const std::string kind = TextOf(key, value);
      const Words kinds = {"grid", "random", "halving"};
      const auto found = std::ranges::find(kinds, kind);
      if (found == kinds.end()) {
        Fail<UsageError>("{}: the kind '{}' is none of {}{}", Place(key), kind, Joined(kinds),
                         DidYouMean(kind, kinds));
      }
      file_.search.kind = static_cast<SearchKind>(found - kinds.begin());
    } else if (name == "budget") {
      file_.search.budget = WholeOf(key, value, 1, 10000);
    } else if (name == "metric") {
      file_.metric = TextOf(key, value);
      file_.metric_place = Place(key);
    } else if (name == "epochs") {
      file_.search.epochs = static_cast<std::int32_t>(WholeOf(key, value, 1, 1000000));
    } else if (name == "factor") {
      file_.search.factor = static_cast<std::int32_t>(WholeOf(key, value, 2, 100));
    } else {
      ReadRanges(commands_.train, TableOf(key, value), file_.ranges);
    }
  }

  static Words NamesOf(const std::vector<ExperimentPart>& parts) {
    Words names;
    for (const ExperimentPart& part : parts) names.push_back(part.name);
    return names;
  }

  Words KnownNames(const toml::key& key, const toml::node& value, const Words& known) const {
    return ListOf<std::string>(key, value, [&](const toml::node& node) {
      const std::string name = TextOf(key, node);
      if (std::ranges::find(known, name) == known.end()) {
        Fail<UsageError>("{}: no [{}.{}] in this file{}; known: {}", Place(key), key.str(), name,
                         DidYouMean(name, known), Joined(known));
      }
      return name;
    });
  }

  void ReadGrids() {
    ExperimentGrid all{path(),
                       NamesOf(file_.data),
                       NamesOf(file_.teachers),
                       NamesOf(file_.students),
                       NamesOf(file_.methods),
                       {},
                       {0}};
    const toml::array* grids = nullptr;
    for (const auto& [key, value] : toml_) {
      if (key.str() == "seeds") all.seeds = SeedsOf(key, value);
      if (key.str() != "grid") continue;
      grids = value.as_array();
      if (grids == nullptr || !grids->is_array_of_tables()) {
        Fail<UsageError>("{}: 'grid' is no list of tables; write [[grid]]", Place(key));
      }
    }
    if (grids == nullptr) {
      file_.grids.push_back(all);
      return;
    }
    for (const toml::node& node : *grids) {
      ExperimentGrid grid = all;
      grid.place = fmt::format("{}:{}", path(), node.source().begin.line);
      ReadGrid(*node.as_table(), grid);
      file_.grids.push_back(std::move(grid));
    }
  }

  void ReadGrid(const toml::table& table, ExperimentGrid& grid) const {
    CheckKeys(table, {"data", "teacher", "student", "method", "width", "seeds"}, "a grid");
    for (const auto& [key, value] : table) {
      if (key.str() == "data") grid.data = KnownNames(key, value, grid.data);
      if (key.str() == "teacher") grid.teachers = KnownNames(key, value, grid.teachers);
      if (key.str() == "student") grid.students = KnownNames(key, value, grid.students);
      if (key.str() == "method") grid.methods = KnownNames(key, value, grid.methods);
      if (key.str() == "width") grid.widths = WidthsOf(key, value);
      if (key.str() == "seeds") grid.seeds = SeedsOf(key, value);
    }
  }

  ExperimentCommands commands_;
  toml::table toml_;
  MethodTable methods_;
  ExperimentFile file_;
};

}  // namespace

bool NeedsStages(const MethodSum& sum) {
  return std::ranges::any_of(sum.methods, [](const Method* method) {
    return method->info().need == TeacherNeed::kRankingsAlongTraining;
  });
}

ExperimentFile ReadExperimentFile(const std::string& path, const ExperimentCommands& commands) {
  return Reader(path, commands).Read();
}

}  // namespace derrd::cli
