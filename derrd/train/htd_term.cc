#include "derrd/train/htd_term.h"

#include <algorithm>

#include "derrd/kernels/vectors.h"

namespace derrd {

ExpertShape HtdShape(std::size_t groups, std::size_t student_width, std::size_t teacher_width) {
  const std::size_t hidden = std::max<std::size_t>((student_width + teacher_width) / 2, 1);
  return {groups, student_width, hidden, teacher_width};
}

HtdTerm::HtdTerm(const Model& teacher, std::size_t student_width, const HtdTermOptions& options,
                 std::uint64_t seed)
    : teacher_(&teacher),
      options_(options),
      temperature_(options.temperature.initial),
      users_("htd/user/", HtdShape(options.groups, student_width, teacher.representation_width()),
             seed, {Role::kInitialGroupExpert, Role::kInitialGroupSelection, 0}),
      items_("htd/item/", HtdShape(options.groups, student_width, teacher.representation_width()),
             seed, {Role::kInitialGroupExpert, Role::kInitialGroupSelection, 1}),
      entities_(teacher.items()) {
  std::ranges::copy(users_.parameters(), parameters_.begin());
  std::ranges::copy(items_.parameters(), parameters_.begin() + 6);
  CheckRoutingTolerance("--htd-routing-tolerance", options.routing_tolerance);
}

void HtdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel&) {
  temperature_ = options_.temperature.At(epoch);
  users_.BeginEpoch();
  items_.BeginEpoch();
}

double HtdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const auto parts = entities_.Of(batch);
  rows_.Gather(parts, student, *teacher_, parallel);
  const double assignment = ComputeAssignment(parts, batch.step, parallel);
  const double topology = ComputeTopology(parts[0].entities.size(), parallel);
  const auto gradient = rows_.student_gradient();
  kernels::AddScaled(1.0f, topology_gradient_.data(), gradient.size(), gradient.data());
  rows_.AddGradients(student);
  return options_.alpha * topology + (1.0 - options_.alpha) * assignment;
}

// Both sides at once, as Distillation Experts does it.
double HtdTerm::ComputeAssignment(std::span<const LatentRows::Part> parts, std::uint32_t step,
                                  const Parallel& parallel) {
  const std::size_t users = parts[0].entities.size(), rows = rows_.rows();
  const DeOptions options{temperature_, options_.routing_tolerance,
                          options_.weight * (1.0 - options_.alpha)};
  const auto compute = [&](ExpertSide& side, std::size_t begin, std::size_t end,
                           const ExpertSide::Part& part) {
    return side.Compute({&part, 1}, rows_.student().Rows(begin, end),
                        rows_.teacher().Rows(begin, end), step, options,
                        rows_.student_gradient().Rows(begin, end), parallel);
  };
  std::array<double, 2> losses;
  parallel.For(2, [&](std::size_t side) {
    losses[side] =
        side == 0 ? compute(items_, users, rows, {parts[1].entities, Role::kGumbelGroupItem, 1.0})
                  : compute(users_, 0, users, {parts[0].entities, Role::kGumbelGroupUser, 1.0});
  });
  return losses[0] + losses[1];
}

double HtdTerm::ComputeTopology(std::size_t users, const Parallel& parallel) {
  const std::size_t rows = rows_.rows();
  const auto groups = static_cast<std::uint32_t>(options_.groups);
  group_of_.resize(rows);
  const std::span<std::uint32_t> group_of(group_of_);
  const auto assign = [&](const ExpertSide& side, std::size_t begin, std::size_t end,
                          std::uint32_t first) {
    AssignGroups<float>(rows_.teacher().Rows(begin, end), side.selection().values,
                        side.selection_bias().values.view().elements(), first,
                        group_of.subspan(begin, end - begin), parallel);
  };
  assign(users_, 0, users, 0);
  assign(items_, users, rows, groups);
  const Grouping grouping = GroupRows(group_of_, 2 * options_.groups);
  Prototypes<float>(rows_.student(), grouping, student_prototypes_);
  Prototypes<float>(rows_.teacher(), grouping, teacher_prototypes_);
  topology_gradient_.Reshape(rows, rows_.student().cols());
  return loss_.Compute(rows_.student(), rows_.teacher(), grouping, student_prototypes_,
                       teacher_prototypes_, static_cast<float>(options_.weight * options_.alpha),
                       topology_gradient_, parallel);
}

nlohmann::ordered_json HtdTerm::Diagnostics() const {
  return {{"temperature", temperature_},
          {"user", users_.Diagnostics()},
          {"item", items_.Diagnostics()}};
}

}  // namespace derrd
