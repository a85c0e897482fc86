#include "derrd/train/dense_adam.h"

#include <cmath>

namespace derrd {
namespace {

constexpr std::size_t kDenseGrain = 16384;  // parameters a task moves

}  // namespace

kernels::AdamConstants AdamOptions::Constants() const {
  return {static_cast<float>(beta1), static_cast<float>(beta2), static_cast<float>(epsilon),
          static_cast<float>(l2)};
}

kernels::AdamStepScale AdamOptions::ScaleOf(std::int32_t step) const {
  return {static_cast<float>(learning_rate / (1.0 - std::pow(beta1, step))),
          static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, step)))};
}

void Moments::AddState(const std::string& owner, std::vector<NamedMatrix>& state) {
  state.push_back({owner + "/first_moment", first});
  state.push_back({owner + "/second_moment", second});
}

void DenseAdam::Add(DenseParameter* parameter) {
  states_.push_back({parameter, Moments(parameter->values.rows(), parameter->values.cols())});
}

void DenseAdam::Step(std::int32_t step, const Parallel& parallel) {
  const kernels::AdamStepScale scale = options_.ScaleOf(step);
  const kernels::AdamConstants constants = options_.Constants();
  for (State& state : states_) {
    DenseParameter& parameter = *state.parameter;
    const auto apply = [&](std::size_t begin, std::size_t end) {
      kernels::AdamStep(parameter.values.data() + begin, state.moments.first.data() + begin,
                        state.moments.second.data() + begin, parameter.gradient.data() + begin,
                        end - begin, scale, constants);
    };
    parallel.ForRanges(parameter.values.size(), kDenseGrain, apply);
  }
}

void DenseAdam::AddState(std::vector<NamedMatrix>& state) {
  for (State& own : states_) own.moments.AddState(own.parameter->name, state);
}

}  // namespace derrd
