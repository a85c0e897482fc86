#include "derrd/train/expert_side.h"

#include <algorithm>
#include <cmath>

#include "derrd/core/error.h"
#include "derrd/kernels/exp_log.h"
#include "derrd/train/linear_layer.h"

namespace derrd {
namespace {

constexpr std::size_t kDrawGrain = 64;  // rows a task draws for

}  // namespace

double Annealing::At(std::int32_t epoch) const {
  const double share = std::min(1.0, static_cast<double>(epoch) / epochs);
  return initial * std::pow(final / initial, share);
}

void CheckRoutingTolerance(const std::string& flag, double tolerance) {
  if (tolerance >= 0.0 && tolerance < 0.5) return;
  Fail<UsageError>("{} {}: must be in [0, 0.5)", flag, tolerance);
}

ExpertSide::ExpertSide(const std::string& prefix, const ExpertShape& shape, std::uint64_t seed,
                       const InitialRoles& roles)
    : seed_(seed),
      experts_(shape.experts),
      first_(prefix + "first", shape.experts * shape.student_width, shape.hidden_width),
      first_bias_(prefix + "first_bias", shape.experts, shape.hidden_width),
      second_(prefix + "second", shape.experts * shape.hidden_width, shape.teacher_width),
      second_bias_(prefix + "second_bias", shape.experts, shape.teacher_width),
      selection_(prefix + "selection", shape.teacher_width, shape.experts),
      selection_bias_(prefix + "selection_bias", 1, shape.experts),
      loss_(shape),
      chosen_(shape.experts, 0) {
  const auto [experts, selection, number] = roles;
  DrawLinearLayer(first_, first_bias_, shape.student_width, seed, experts, 2 * number);
  DrawLinearLayer(second_, second_bias_, shape.hidden_width, seed, experts, 2 * number + 1);
  DrawLinearLayer(selection_, selection_bias_, shape.teacher_width, seed, selection, number);
}

std::array<DenseParameter*, 6> ExpertSide::parameters() {
  return {&first_, &first_bias_, &second_, &second_bias_, &selection_, &selection_bias_};
}

void ExpertSide::BeginEpoch() {
  routed_ = rows_ = 0.0;
  std::ranges::fill(chosen_, 0);
}

double ExpertSide::Compute(std::span<const Part> parts, MatrixView<const float> student,
                           MatrixView<const float> teacher, std::uint32_t step,
                           const DeOptions& options, MatrixView<float> student_gradient,
                           const Parallel& parallel) {
  gumbel_.Reshape(student.rows(), experts_);
  DrawGumbel(parts, step, parallel);
  row_weights_.clear();
  for (const Part& part : parts) {
    row_weights_.insert(row_weights_.end(), part.entities.size(), static_cast<float>(part.weight));
  }
  const ExpertTensors<const float> values = {first_.values,     first_bias_.values,
                                             second_.values,    second_bias_.values,
                                             selection_.values, selection_bias_.values};
  const ExpertTensors<float> gradients = {first_.gradient,     first_bias_.gradient,
                                          second_.gradient,    second_bias_.gradient,
                                          selection_.gradient, selection_bias_.gradient};
  const double loss = loss_.Compute(values, student, teacher, gumbel_, row_weights_, options,
                                    gradients, student_gradient, parallel);
  routed_ += static_cast<double>(loss_.routed_pairs());
  rows_ += static_cast<double>(student.rows());
  const auto chosen = loss_.chosen_rows();
  for (std::size_t m = 0; m < chosen.size(); ++m) chosen_[m] += chosen[m];
  return loss;
}

void ExpertSide::DrawGumbel(std::span<const Part> parts, std::uint32_t step,
                            const Parallel& parallel) {
  std::size_t first = 0;
  for (const Part& part : parts) {
    parallel.ForRanges(part.entities.size(), kDrawGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        RandomStream stream(seed_, part.role, step, static_cast<std::uint64_t>(part.entities[i]));
        float* uniform = gumbel_.row(first + i);
        for (std::size_t m = 0; m < experts_; ++m) uniform[m] = stream.Uniform();
      }
      kernels::GumbelOfUniform((end - begin) * experts_, gumbel_.row(first + begin));
    });
    first += part.entities.size();
  }
}

nlohmann::ordered_json ExpertSide::Diagnostics() const {
  return {{"experts_per_row", rows_ > 0.0 ? routed_ / rows_ : 0.0}, {"rows_by_expert", chosen_}};
}

}  // namespace derrd
