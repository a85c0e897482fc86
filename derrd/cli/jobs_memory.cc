#include "derrd/cli/jobs_memory.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "derrd/cli/free_memory.h"
#include "derrd/core/error.h"

namespace derrd::cli {
namespace {

template <typename Key>
void KeepLargest(std::map<Key, double>& needs, const Key& key, double bytes) {
  needs[key] = std::max(needs[key], bytes);
}

template <typename Key>
double Found(const std::map<Key, double>& needs, const Key& key) {
  const auto found = needs.find(key);
  return found == needs.end() ? 0.0 : found->second;
}

}  // namespace

void JobsMemory::NoteTeacher(std::size_t data, std::size_t teacher, double bytes) {
  KeepLargest(teachers_, {data, teacher}, bytes);
}

void JobsMemory::NoteCell(std::size_t cell, double bytes) { KeepLargest(cells_, cell, bytes); }

double JobsMemory::NeedOf(const derrd::Run& run) const {
  return run.role == RunRole::kTeacher ? Found(teachers_, {run.data, run.teacher})
                                       : Found(cells_, run.cell);
}

// A search is done before its students begin: of a cell, its trials or its students are under way.
std::vector<double> JobsMemory::AtOnce(const Plan& plan) const {
  std::map<std::pair<std::size_t, RunRole>, std::vector<double>> of_cell;
  std::vector<double> at_once;
  std::set<std::string> names;
  for (const derrd::Run& run :
       AllRuns(plan, [](const derrd::Run&) { return std::optional<Outcome>(); })) {
    if (run.rung != 0 || !names.insert(run.name).second) continue;
    if (run.role == RunRole::kTeacher) {
      at_once.push_back(NeedOf(run));
    } else {
      of_cell[{run.cell, run.role}].push_back(NeedOf(run));
    }
  }
  std::map<std::size_t, std::vector<double>> longest;
  for (auto& [cell_and_role, needs] : of_cell) {
    std::vector<double>& longer = longest[cell_and_role.first];
    if (needs.size() > longer.size()) longer = std::move(needs);
  }
  for (const auto& [cell, needs] : longest) {
    at_once.insert(at_once.end(), needs.begin(), needs.end());
  }
  return at_once;
}

void JobsMemory::Check(const Plan& plan, std::size_t jobs) const {
  std::vector<double> at_once = AtOnce(plan);
  std::ranges::sort(at_once, std::greater());
  at_once.resize(std::min(jobs, at_once.size()));
  const double free = FreeBytes();
  double together = 0;
  std::size_t fit = 0;
  for (const double need : at_once) {
    together += need;
    fit += together <= free ? 1 : 0;
  }
  if (fit == at_once.size()) return;
  Fail<UsageError>(
      "--jobs {}: the {} largest runs together need about {:.3g} GB of memory and {:.3g} GB are "
      "free; give --jobs {}",
      jobs, at_once.size(), together / 1e9, free / 1e9, std::max<std::size_t>(fit, 1));
}

}  // namespace derrd::cli
