#include "derrd/train/hint_term.h"

#include "derrd/losses/de.h"
#include "derrd/train/linear_layer.h"

namespace derrd {
namespace {

std::size_t HiddenWidth(const Model& teacher, std::size_t student_width) {
  return ExpertShape::For(1, student_width, teacher.representation_width()).hidden_width;
}

}  // namespace

HintTerm::ProjectorSide::ProjectorSide(const std::string& prefix, std::size_t student_width,
                                       std::size_t hidden_width, std::size_t teacher_width,
                                       std::uint64_t seed, std::uint64_t number)
    : first(prefix + "first", student_width, hidden_width),
      first_bias(prefix + "first_bias", 1, hidden_width),
      second(prefix + "second", hidden_width, teacher_width),
      second_bias(prefix + "second_bias", 1, teacher_width) {
  DrawLinearLayer(first, first_bias, student_width, seed, Role::kInitialHint, 2 * number);
  DrawLinearLayer(second, second_bias, hidden_width, seed, Role::kInitialHint, 2 * number + 1);
}

HintTerm::HintTerm(const Model& teacher, std::size_t student_width, const HintTermOptions& options,
                   std::uint64_t seed)
    : teacher_(&teacher),
      options_(options),
      users_("hint/user/", student_width, HiddenWidth(teacher, student_width),
             teacher.representation_width(), seed, 0),
      items_("hint/item/", student_width, HiddenWidth(teacher, student_width),
             teacher.representation_width(), seed, 1),
      parameters_{&users_.first, &users_.first_bias, &users_.second, &users_.second_bias,
                  &items_.first, &items_.first_bias, &items_.second, &items_.second_bias} {}

double HintTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const std::array<LatentRows::Part, 1> users{{{Side::kUser, batch.distinct_users}}};
  const std::array<LatentRows::Part, 2> items{
      {{Side::kItem, batch.distinct_positives}, {Side::kItem, batch.distinct_negatives}}};
  return ComputeSide(users_, users, 1.0f, student, parallel) +
         ComputeSide(items_, items, 0.5f, student, parallel);
}

double HintTerm::ComputeSide(ProjectorSide& side, std::span<const LatentRows::Part> parts,
                             float row_weight, TrainableModel& student,
                             const Parallel& parallel) const {
  side.rows.Gather(parts, student, *teacher_, parallel);
  side.row_weights.assign(side.rows.rows(), row_weight);
  const ProjectorTensors<const float> values = {side.first.values, side.first_bias.values,
                                                side.second.values, side.second_bias.values};
  const ProjectorTensors<float> gradients = {side.first.gradient, side.first_bias.gradient,
                                             side.second.gradient, side.second_bias.gradient};
  const double loss = side.loss.Compute(values, side.rows.student(), side.rows.teacher(),
                                        side.row_weights, static_cast<float>(options_.weight),
                                        gradients, side.rows.student_gradient(), parallel);
  side.rows.AddGradients(student);
  return loss;
}

}  // namespace derrd
