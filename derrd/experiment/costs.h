// What it costs to be answered by a run's model.
#ifndef DERRD_EXPERIMENT_COSTS_H_
#define DERRD_EXPERIMENT_COSTS_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "derrd/data/dataset.h"

namespace derrd {

// The median microseconds of a query: the top 10 of one user, without its history, on the calling
// thread, as a server answers it (serve/recommender.h). Takes a second, or 120 queries where they
// take longer; run it on an idle machine. Error when a score is not finite.
double MicrosecondsPerQuery(const std::string& model_path, const Dataset& dataset);

// The model with its rows rounded to int8 (models/int8_rows.h), which is what one could use in the
// place of a student: {"bytes", "test", "microseconds_per_query"}. bytes: those of its file with a
// quarter of the numbers. Nothing for a model whose scores are no inner products.
std::optional<nlohmann::ordered_json> Int8Facts(const std::string& model_path,
                                                const Dataset& dataset);

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_COSTS_H_
