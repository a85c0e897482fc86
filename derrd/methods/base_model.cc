#include "derrd/methods/base_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/nearest.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/cdae.h"
#include "derrd/models/light_gcn.h"
#include "derrd/models/neu_mf.h"
#include "derrd/train/bce_term.h"
#include "derrd/train/bpr_term.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

struct Kind {
  std::string_view name;
  std::string_view loss;  // that it learns by unless told otherwise; empty: it is solved
  std::size_t negatives;
};
constexpr std::array<Kind, 5> kKinds = {{{BprMf::kKind, "bpr", 1},
                                         {LightGcn::kKind, "bpr", 1},
                                         {NeuMf::kKind, "bce", 1},
                                         {Cdae::kKind, "bce", 1},
                                         {Ials::kKind, "", 0}}};

[[noreturn]] void FailUnknown(const std::string& flag, const std::string& word,
                              const std::vector<std::string>& known) {
  Fail<UsageError>("{}: there is no '{}'{}; choose from {}", flag, word, DidYouMean(word, known),
                   fmt::join(known, ", "));
}

const Kind& KindOf(const BaseModelOptions& options) {
  const auto* found = std::ranges::find(kKinds, std::string_view(options.kind), &Kind::name);
  if (found == kKinds.end()) FailUnknown("--model", options.kind, BaseModelKinds());
  return *found;
}

}  // namespace

std::string BaseModelOptions::Loss() const {
  return loss.value_or(std::string(KindOf(*this).loss));
}

std::size_t BaseModelOptions::Negatives() const {
  return negatives_per_interaction.value_or(KindOf(*this).negatives);
}

bool BaseModelOptions::IsSolved() const { return KindOf(*this).loss.empty(); }

std::vector<std::string> BaseModelKinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

std::vector<std::string> BaseLosses() { return {"bpr", "bce"}; }

std::vector<HyperParameter> ParametersOf(BaseModelOptions& options, std::string_view kind) {
  if (kind == LightGcn::kKind) {
    return {{"layers", "Rounds of sums over neighbours in the graph of interactions",
             Within(options.lightgcn_layers, 1, 16)}};
  }
  if (kind == NeuMf::kKind) {
    return {{"layers", "Hidden layers, each half as wide as what goes into it",
             Within(options.neumf_layers, 1, 16)}};
  }
  if (kind == Cdae::kKind) {
    return {{"corruption", "Share of a user's items that a step of CDAE leaves out",
             Within(options.cdae_corruption, 0, 0.99)}};
  }
  if (kind == Ials::kKind) {
    return {
        {"sweeps", "Sweeps over users and items, at most, with --model ials",
         Within(options.ials_sweeps, 1, 100000)},
        {"unobserved_weight", "Weight of what is not observed, beside 1 for what is",
         Within(options.ials.unobserved_weight, 0, 1e6)},
        {"l2", "iALS's L2, before the size of a row multiplies it",
         Within(options.ials.l2, 1e-12, 1e6)},
        {"l2_exponent", "How much more often seen rows are shrunk: 0 all alike, 1 in proportion",
         Within(options.ials.l2_exponent, 0, 4)}};
  }
  return {};
}

Json ConfigOf(const BaseModelOptions& options) {
  Json config = {{"model", options.kind}};
  if (!options.IsSolved()) {
    config["loss"] = options.Loss();
    config["negatives_per_interaction"] = options.Negatives();
  }
  BaseModelOptions held = options;  // parameters are told by their address
  const std::vector<HyperParameter> parameters = ParametersOf(held, options.kind);
  if (!parameters.empty()) config[options.kind] = ConfigOf(parameters);
  return config;
}

std::unique_ptr<TrainableModel> MakeModel(const BaseModelOptions& options, const Dataset& dataset,
                                          std::size_t width, std::uint64_t seed) {
  if (options.IsSolved()) {
    Fail<UsageError>(
        "--model {}: is solved in closed form, so no loss of a teacher can reach it; choose "
        "another kind of student",
        options.kind);
  }
  if (options.kind == LightGcn::kKind) {
    return std::make_unique<LightGcn>(dataset.train(), dataset.items(), width,
                                      options.lightgcn_layers, seed);
  }
  if (options.kind == NeuMf::kKind) {
    if (width < 2) Fail<UsageError>("--width {}: neumf splits it between two rows; give 2", width);
    return std::make_unique<NeuMf>(
        NeuMfShape::For(dataset.users(), dataset.items(), width, options.neumf_layers), seed);
  }
  if (options.kind == Cdae::kKind) {
    return std::make_unique<Cdae>(dataset.train(), dataset.items(), width, options.cdae_corruption,
                                  seed);
  }
  return std::make_unique<BprMf>(dataset.users(), dataset.items(), width, seed);
}

std::unique_ptr<Term> MakeBaseTerm(const BaseModelOptions& options) {
  const std::string loss = options.Loss();
  if (loss == "bpr") return std::make_unique<BprTerm>();
  if (loss == "bce") return std::make_unique<BceTerm>();
  FailUnknown("--loss", loss, BaseLosses());
}

// The tower's first hidden layer, from which its way back begins.
std::size_t NumbersAPair(const BaseModelOptions& options, std::size_t width) {
  return options.kind == NeuMf::kKind ? width : 0;
}

MemoryNeed ModelNeed(const BaseModelOptions& options, const RunSize& size, const Dataset& dataset) {
  const auto interactions = static_cast<double>(dataset.train().size());
  const auto row = sizeof(float) * static_cast<double>(size.width);
  const double users = static_cast<double>(size.users) * row;
  const double items = static_cast<double>(size.items) * row;
  double bytes = 0.0;
  if (options.kind == LightGcn::kKind) {
    bytes = 4 * (users + items) + 16 * interactions;  // propagated, scratch twice, gradients
  } else if (options.kind == NeuMf::kKind) {
    bytes = users + items;
  } else if (options.kind == Cdae::kKind) {
    bytes = users + 5 * items + 4 * interactions;  // hidden layers, and a second table of items
  }
  return {"--model " + options.kind, bytes};
}

}  // namespace derrd
