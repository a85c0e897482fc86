// The kinds of models that can be trained: their hyper-parameters, and how one starts.
#ifndef DERRD_METHODS_BASE_MODEL_H_
#define DERRD_METHODS_BASE_MODEL_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/methods/hyper_parameter.h"
#include "derrd/methods/memory_needs.h"
#include "derrd/models/ials.h"
#include "derrd/models/trainable_model.h"
#include "derrd/train/term.h"

namespace derrd {

struct BaseModelOptions {
  std::string kind = "bpr-mf";
  std::optional<std::string> loss;                       // else as suits the kind
  std::optional<std::size_t> negatives_per_interaction;  // else as suits the kind
  std::int32_t lightgcn_layers = 3;
  std::int32_t neumf_layers = 1;
  double cdae_corruption = 0.2;
  IalsOptions ials;  // its width is the run's
  std::int32_t ials_sweeps = 16;

  std::string Loss() const;
  std::size_t Negatives() const;
  bool IsSolved() const;  // by sweeps of its own and not by gradients
};

// All kinds ("bpr-mf", ...), and what they can learn from data by ("bpr", ...). Words that are not
// among them are a UsageError wherever they are asked for.
std::vector<std::string> BaseModelKinds();
std::vector<std::string> BaseLosses();
// The hyper-parameters that one kind has beside width, loss and negatives.
std::vector<HyperParameter> ParametersOf(BaseModelOptions& options, std::string_view kind);

// What the model file says of it.
nlohmann::ordered_json ConfigOf(const BaseModelOptions& options);

// From random parameters. UsageError for a kind that is solved, or that the width does not suit.
std::unique_ptr<TrainableModel> MakeModel(const BaseModelOptions& options, const Dataset& dataset,
                                          std::size_t width, std::uint64_t seed);
std::unique_ptr<Term> MakeBaseTerm(const BaseModelOptions& options);

// RunSize::numbers_a_pair of a model.
std::size_t NumbersAPair(const BaseModelOptions& options, std::size_t width);

// Beside the tables of a user's and an item's representations.
MemoryNeed ModelNeed(const BaseModelOptions& options, const RunSize& size, const Dataset& dataset);

}  // namespace derrd

#endif  // DERRD_METHODS_BASE_MODEL_H_
