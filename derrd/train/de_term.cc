#include "derrd/train/de_term.h"

#include <algorithm>
#include <cmath>

#include "derrd/core/error.h"
#include "derrd/core/initial_values.h"
#include "derrd/kernels/exp_log.h"

namespace derrd {
namespace {

constexpr std::size_t kRowGrain = 64;  // rows a task gathers and draws for

// A linear layer's initial weights and biases: U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
void DrawLayer(DenseParameter& weights, DenseParameter& biases, std::size_t fan_in,
               std::uint64_t seed, Role role, std::uint64_t number) {
  const float bound = 1.0f / std::sqrt(static_cast<float>(fan_in));
  std::uint64_t part = 0;
  for (Matrix<float>* matrix : {&weights.values, &biases.values}) {
    DrawUniform(*matrix, bound, RandomStream(seed, role, number, part++));
  }
}

}  // namespace

double Temperature(const DeTermOptions& options, std::int32_t epoch) {
  const double share = std::min(1.0, static_cast<double>(epoch) / options.temperature_epochs);
  return options.initial_temperature *
         std::pow(options.final_temperature / options.initial_temperature, share);
}

DeTerm::ExpertSide::ExpertSide(const ExpertShape& shape, std::uint64_t seed, std::uint64_t number)
    : first("first", shape.experts * shape.student_width, shape.hidden_width),
      first_bias("first_bias", shape.experts, shape.hidden_width),
      second("second", shape.experts * shape.hidden_width, shape.teacher_width),
      second_bias("second_bias", shape.experts, shape.teacher_width),
      selection("selection", shape.teacher_width, shape.experts),
      selection_bias("selection_bias", 1, shape.experts),
      loss(shape),
      chosen(shape.experts, 0) {
  DrawLayer(first, first_bias, shape.student_width, seed, Role::kInitialExpert, 2 * number);
  DrawLayer(second, second_bias, shape.hidden_width, seed, Role::kInitialExpert, 2 * number + 1);
  DrawLayer(selection, selection_bias, shape.teacher_width, seed, Role::kInitialSelection, number);
}

ExpertTensors<const float> DeTerm::ExpertSide::Values() const {
  return {first.values,       first_bias.values, second.values,
          second_bias.values, selection.values,  selection_bias.values};
}

ExpertTensors<float> DeTerm::ExpertSide::Gradients() {
  return {first.gradient,       first_bias.gradient, second.gradient,
          second_bias.gradient, selection.gradient,  selection_bias.gradient};
}

DeTerm::DeTerm(const Model& teacher, std::size_t student_width, const DeTermOptions& options,
               std::uint64_t seed)
    : teacher_(&teacher),
      options_(options),
      seed_(seed),
      temperature_(options.initial_temperature),
      users_(ExpertShape::For(options.experts, student_width, teacher.representation_width()), seed,
             0),
      items_(ExpertShape::For(options.experts, student_width, teacher.representation_width()), seed,
             1),
      parameters_{&users_.first,       &users_.first_bias, &users_.second,
                  &users_.second_bias, &users_.selection,  &users_.selection_bias,
                  &items_.first,       &items_.first_bias, &items_.second,
                  &items_.second_bias, &items_.selection,  &items_.selection_bias} {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i]->name.insert(0, i < parameters_.size() / 2 ? "de/user/" : "de/item/");
  }
  if (options.routing_threshold * static_cast<double>(options.experts) >= 1.0) {
    Fail<UsageError>("--de-routing-threshold {}: must be below 1 / experts = {}",
                     options.routing_threshold, 1.0 / static_cast<double>(options.experts));
  }
}

void DeTerm::BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel&) {
  temperature_ = Temperature(options_, epoch);
  for (ExpertSide* side : {&users_, &items_}) {
    side->routed = side->rows = 0.0;
    std::ranges::fill(side->chosen, 0);
  }
}

// Both sides at once: while one routes its rows on a single thread, the other has work for the
// rest.
double DeTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const std::array<Part, 1> users{{{batch.distinct_users, Role::kGumbelUser, 1.0}}};
  const std::array<Part, 2> items{{{batch.distinct_positives, Role::kGumbelPositive, 0.5},
                                   {batch.distinct_negatives, Role::kGumbelNegative, 0.5}}};
  std::array<double, 2> losses;
  parallel.For(2, [&](std::size_t side) {
    losses[side] = side == 0
                       ? ComputeSide(items_, Side::kItem, items, batch.step, student, parallel)
                       : ComputeSide(users_, Side::kUser, users, batch.step, student, parallel);
  });
  AddGradients(items_, Side::kItem, items, student);
  AddGradients(users_, Side::kUser, users, student);
  return losses[0] + losses[1];
}

double DeTerm::ComputeSide(ExpertSide& experts, Side side, std::span<const Part> parts,
                           std::uint32_t step, const TrainableModel& student,
                           const Parallel& parallel) {
  std::size_t rows = 0;
  for (const Part& part : parts) rows += part.entities.size();
  experts.student.Reshape(rows, student.representation_width());
  experts.student_gradient.Reshape(rows, student.representation_width());
  experts.teacher.Reshape(rows, teacher_->representation_width());
  experts.gumbel.Reshape(rows, options_.experts);
  experts.row_weights.clear();

  std::size_t first = 0;
  for (const Part& part : parts) {
    parallel.ForRanges(part.entities.size(), kRowGrain, [&](std::size_t begin, std::size_t end) {
      const auto entities = part.entities.subspan(begin, end - begin);
      student.Representations(side, entities,
                              experts.student.view().Rows(first + begin, first + end));
      teacher_->Representations(side, entities,
                                experts.teacher.view().Rows(first + begin, first + end));
      for (std::size_t i = begin; i < end; ++i) {
        RandomStream stream(seed_, part.role, step, static_cast<std::uint64_t>(part.entities[i]));
        float* uniform = experts.gumbel.row(first + i);
        for (std::size_t m = 0; m < options_.experts; ++m) uniform[m] = stream.Uniform();
      }
      kernels::GumbelOfUniform((end - begin) * options_.experts, experts.gumbel.row(first + begin));
    });
    experts.row_weights.insert(experts.row_weights.end(), part.entities.size(),
                               static_cast<float>(part.weight));
    first += part.entities.size();
  }

  const DeOptions de{temperature_, options_.routing_threshold, options_.weight};
  const double loss = experts.loss.Compute(experts.Values(), experts.student, experts.teacher,
                                           experts.gumbel, experts.row_weights, de,
                                           experts.Gradients(), experts.student_gradient, parallel);
  experts.routed += static_cast<double>(experts.loss.routed_pairs());
  experts.rows += static_cast<double>(rows);
  const auto chosen = experts.loss.chosen_rows();
  for (std::size_t m = 0; m < chosen.size(); ++m) experts.chosen[m] += chosen[m];
  return loss;
}

void DeTerm::AddGradients(const ExpertSide& experts, Side side, std::span<const Part> parts,
                          TrainableModel& student) {
  std::size_t first = 0;
  for (const Part& part : parts) {
    student.AddRepresentationGradients(
        side, part.entities,
        experts.student_gradient.view().Rows(first, first + part.entities.size()));
    first += part.entities.size();
  }
}

nlohmann::ordered_json DeTerm::Diagnostics() const {
  nlohmann::ordered_json result{{"temperature", temperature_}};
  const std::pair<const char*, const ExpertSide*> sides[] = {{"user", &users_}, {"item", &items_}};
  for (const auto& [name, side] : sides) {
    result[name] = {{"experts_per_row", side->rows > 0.0 ? side->routed / side->rows : 0.0},
                    {"rows_by_expert", side->chosen}};
  }
  return result;
}

}  // namespace derrd
