#include "derrd/train/de_term.h"

#include <algorithm>
#include <vector>

namespace derrd {

DeTerm::DeTerm(const Model& teacher, std::size_t student_width, const DeTermOptions& options,
               std::uint64_t seed)
    : teacher_(&teacher),
      options_(options),
      temperature_(options.temperature.initial),
      users_("de/user/",
             ExpertShape::For(options.experts, student_width, teacher.representation_width()), seed,
             {Role::kInitialExpert, Role::kInitialSelection, 0}),
      items_("de/item/",
             ExpertShape::For(options.experts, student_width, teacher.representation_width()), seed,
             {Role::kInitialExpert, Role::kInitialSelection, 1}) {
  std::ranges::copy(users_.parameters(), parameters_.begin());
  std::ranges::copy(items_.parameters(), parameters_.begin() + 6);
  CheckRoutingTolerance("--de-routing-tolerance", options.routing_tolerance);
}

void DeTerm::BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel&) {
  temperature_ = options_.temperature.At(epoch);
  users_.BeginEpoch();
  items_.BeginEpoch();
}

// Both sides at once: while one routes its rows on a single thread, the other has work for the
// rest.
double DeTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const std::array<ExpertSide::Part, 1> users{{{batch.distinct_users, Role::kGumbelUser, 1.0}}};
  const std::array<ExpertSide::Part, 2> items{
      {{batch.distinct_positives, Role::kGumbelPositive, 0.5},
       {batch.distinct_negatives, Role::kGumbelNegative, 0.5}}};
  std::array<double, 2> losses;
  parallel.For(2, [&](std::size_t side) {
    losses[side] =
        side == 0
            ? ComputeSide(items_, item_rows_, Side::kItem, items, batch.step, student, parallel)
            : ComputeSide(users_, user_rows_, Side::kUser, users, batch.step, student, parallel);
  });
  item_rows_.AddGradients(student);
  user_rows_.AddGradients(student);
  return losses[0] + losses[1];
}

double DeTerm::ComputeSide(ExpertSide& experts, LatentRows& rows, Side side,
                           std::span<const ExpertSide::Part> parts, std::uint32_t step,
                           const TrainableModel& student, const Parallel& parallel) const {
  std::vector<LatentRows::Part> entities;
  for (const ExpertSide::Part& part : parts) entities.push_back({side, part.entities});
  rows.Gather(entities, student, *teacher_, parallel);
  const DeOptions de{temperature_, options_.routing_tolerance, options_.weight};
  return experts.Compute(parts, rows.student(), rows.teacher(), step, de, rows.student_gradient(),
                         parallel);
}

nlohmann::ordered_json DeTerm::Diagnostics() const {
  return {{"temperature", temperature_},
          {"user", users_.Diagnostics()},
          {"item", items_.Diagnostics()}};
}

}  // namespace derrd
