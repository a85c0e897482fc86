// What an experiment's TOML file says (docs/experiments.md), each thing with the line that says it.
#ifndef DERRD_CLI_EXPERIMENT_FILE_H_
#define DERRD_CLI_EXPERIMENT_FILE_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "derrd/experiment/flags.h"
#include "derrd/experiment/plan.h"
#include "derrd/experiment/search_space.h"
#include "derrd/methods/method_table.h"

namespace derrd::cli {

struct PlacedFlags {
  Flags flags;
  std::map<std::string, std::string> places;  // "--l2" -> "FILE:12"

  void Set(const std::string& flag, const std::string& value, const std::string& place) {
    flags.Set(flag, value);
    places[flag] = place;
  }
  void Set(const PlacedFlags& others) {
    flags.Set(others.flags);
    for (const auto& [flag, place] : others.places) places[flag] = place;
  }
};

struct PlacedRange {
  SearchRange range;
  std::string place;
};

// A [data.NAME], [teacher.NAME], [student.NAME] or [method.NAME].
struct ExperimentPart {
  std::string name, place;
  std::string file;    // of a data set, or of a teacher that is there already
  std::string method;  // as in --method
  PlacedFlags flags;
  std::vector<std::size_t> widths;    // of a student
  std::optional<std::uint64_t> seed;  // of a teacher
  std::size_t stages = 4;             // of the teacher's training, for methods that need them
  std::vector<PlacedRange> ranges;    // of a method
};

// What is combined with what. Names of parts, each known.
struct ExperimentGrid {
  std::string place;
  std::vector<std::string> data, teachers, students, methods;
  std::vector<std::size_t> widths;  // empty: the students'
  std::vector<std::uint64_t> seeds;
};

struct ExperimentFile {
  std::vector<ExperimentPart> data, teachers, students, methods;
  std::vector<ExperimentGrid> grids;
  PlacedFlags flags;  // of every training
  SearchOptions search;
  std::string metric, metric_place;  // that searches go by; empty: as suits the data set
  std::vector<PlacedRange> ranges;   // of every method
};

// Whether one of the methods learns from models along the teacher's training.
bool NeedsStages(const MethodSum& sum);

// What flags a teacher, a student from scratch and a distilled one can have.
struct ExperimentCommands {
  const CLI::App &teacher, &train, &distill;
};

// UsageError that names file and line for what is not TOML, an unknown key or name (with the
// nearest one), a value of the wrong type, a part that is missing.
ExperimentFile ReadExperimentFile(const std::string& path, const ExperimentCommands& commands);

}  // namespace derrd::cli

#endif  // DERRD_CLI_EXPERIMENT_FILE_H_
