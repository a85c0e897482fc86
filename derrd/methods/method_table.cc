#include "derrd/methods/method_table.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "derrd/core/error.h"
#include "derrd/core/nearest.h"

namespace derrd {

// A method is a file of this room, its declaration here and its line in kMakers.
std::unique_ptr<Method> MakeDe();
std::unique_ptr<Method> MakeRrd();
std::unique_ptr<Method> MakeHint();
std::unique_ptr<Method> MakeFtd();
std::unique_ptr<Method> MakeHtd();
std::unique_ptr<Method> MakeRd();
std::unique_ptr<Method> MakeCd();
std::unique_ptr<Method> MakeIr();
std::unique_ptr<Method> MakeDcd();
std::unique_ptr<Method> MakeHetComp();
std::unique_ptr<Method> MakeRceKd();
std::unique_ptr<Method> MakeAls();

namespace {

// In the order in which terms are summed, configurations written and methods listed. One that
// builds on another comes after it.
constexpr std::unique_ptr<Method> (*kMakers[])() = {
    MakeDe, MakeRrd, MakeHint, MakeFtd,     MakeHtd,   MakeRd,
    MakeCd, MakeIr,  MakeDcd,  MakeHetComp, MakeRceKd, MakeAls,
};

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('+', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// UsageError when a method of the sum lacks the one that it builds on.
void CheckWhole(const std::string& text, const MethodSum& sum) {
  for (const Method* method : sum.methods) {
    const MethodInfo info = method->info();
    const auto is_base = [&](const Method* other) { return other->info().name == info.builds_on; };
    if (info.builds_on.empty() || std::ranges::any_of(sum.methods, is_base)) continue;
    Fail<UsageError>("'{}': {} builds on {}; name that too, {}+{}", text, info.name, info.builds_on,
                     info.builds_on, text);
  }
}

}  // namespace

bool MethodSum::HasBase() const {
  return std::ranges::none_of(methods,
                              [](const Method* method) { return method->info().replaces_base; });
}

bool MethodSum::IsSolved() const { return methods.size() == 1 && methods[0]->info().solved; }

MethodTable::MethodTable() {
  for (const auto make : kMakers) methods_.push_back(make());
}

std::vector<MethodInfo> MethodTable::Alone() {
  return {{std::string(kNone), "BPR = -sum log sigmoid(f(u,i) - f(u,j)), from scratch",
           TeacherNeed::kNothing, "Rendle et al., UAI 2009"},
          {std::string(kSvd), "the teacher's scores cut to the width by truncated SVD, untrained",
           TeacherNeed::kFactors, "Eckart and Young, Psychometrika 1936"}};
}

std::vector<NamedSum> MethodTable::NamedSums() {
  return {{"de-rrd", "de+rrd", "Kang et al., CIKM 2020"},
          {"ir-rrd", "rrd+ir", "Kang et al., Information Sciences 580, 2021"},
          {"best", "als", "docs/reproduction.md"}};
}

const Method* MethodTable::Find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      methods_, [&](const auto& method) { return method->info().name == name; });
  return found == methods_.end() ? nullptr : found->get();
}

std::vector<std::string> MethodTable::Names() const {
  std::vector<std::string> names;
  for (const MethodInfo& alone : Alone()) names.push_back(alone.name);
  for (const auto& method : methods_) names.push_back(method->info().name);
  for (const NamedSum& sum : NamedSums()) names.push_back(sum.name);
  return names;
}

MethodSum MethodTable::Parse(const std::string& text) const {
  const std::vector<MethodInfo> alone = Alone();
  if (std::ranges::find(alone, text, &MethodInfo::name) != alone.end()) return {text, {}};
  const std::vector<NamedSum> sums = NamedSums();
  std::vector<std::string> parts;
  for (const std::string& part : Split(text)) {
    const auto sum = std::ranges::find(sums, part, &NamedSum::name);
    std::ranges::copy(Split(sum == sums.end() ? part : sum->sum), std::back_inserter(parts));
  }
  for (const std::string& part : parts) {
    if (part.empty() && !text.empty()) {
      Fail<UsageError>("'{}' names no method beside a '+'", text);
    }
    if (std::ranges::count(parts, part) > 1) Fail<UsageError>("'{}' names {} twice", text, part);
    const Method* method = Find(part);
    const bool solved = method != nullptr && method->info().solved;
    if (method != nullptr && !(solved && parts.size() > 1)) continue;
    if (solved || std::ranges::find(alone, part, &MethodInfo::name) != alone.end()) {
      Fail<UsageError>("'{}': {} stands alone; leave it or the others out", text, part);
    }
    const std::vector<std::string> names = Names();
    Fail<UsageError>("no method '{}'{}; known, to be joined by '+': {}", part,
                     DidYouMean(part, names), fmt::join(names, ", "));
  }
  MethodSum result;
  for (const auto& method : methods_) {
    const std::string name = method->info().name;
    if (std::ranges::find(parts, name) == parts.end()) continue;
    result.name += (result.name.empty() ? "" : "+") + name;
    result.methods.push_back(method.get());
  }
  CheckWhole(text, result);
  const auto named = std::ranges::find(sums, result.name, &NamedSum::sum);
  if (named != sums.end() && result.methods.size() > 1) result.name = named->name;
  return result;
}

void CheckTeacher(const MethodSum& sum, const std::string& path, const Model& teacher) {
  if (sum.name == MethodTable::kSvd && !teacher.factors()) {
    Fail<UsageError>(
        "--method svd: needs a teacher whose scores are products of rows, and {} is {}; choose "
        "another of either",
        path, teacher.kind());
  }
  for (const Method* method : sum.methods) {
    const std::string lacks = method->Lacks(teacher);
    if (lacks.empty()) continue;
    const MethodInfo info = method->info();
    Fail<UsageError>("--method {}: needs {}, and the teacher {} ({}) {}", info.name,
                     Name(info.need), path, teacher.kind(), lacks);
  }
}

}  // namespace derrd
