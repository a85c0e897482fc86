// The hyper-parameters of methods that select among experts: DE's, and those of HTD's groups.
#ifndef DERRD_METHODS_ROUTING_PARAMETERS_H_
#define DERRD_METHODS_ROUTING_PARAMETERS_H_

#include <string>
#include <vector>

#include "derrd/methods/hyper_parameter.h"
#include "derrd/train/expert_side.h"

namespace derrd {

// Appends them; `name` is the method's.
inline void AddRouting(const std::string& name, Annealing& temperature, double& tolerance,
                       std::vector<HyperParameter>& parameters) {
  parameters.insert(
      parameters.end(),
      {{"initial_temperature", "Temperature of the selection at epoch 0",
        Within(temperature.initial, 1e-30, 1e6)},
       {"final_temperature", "Temperature at epoch --" + name + "-temperature-epochs and after",
        Within(temperature.final, 1e-30, 1e6)},
       {"temperature_epochs", "Epochs from the initial to the final temperature",
        Within(temperature.epochs, 1e-3, 1e9)},
       {"routing_tolerance",
        "Selection weight of a row that may be left out, in all (0: compute every one)",
        Within(tolerance, 0, 0.499)}});
}

}  // namespace derrd

#endif  // DERRD_METHODS_ROUTING_PARAMETERS_H_
