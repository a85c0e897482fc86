// How well a model ranks what was held out.
//
// Sampled (leave-one-out): a user's held-out item is ranked among its sampled candidates. The item
// that the other split holds out is no candidate. HR, NDCG and MRR at 5, 10 and 20.
// Full: a user's held-out items are ranked among all items that are not in its training set; the
// other split's items stay in. HR, NDCG, MRR and Recall at 5, 10 and 20.
//
// Ranks are pessimistic: the rank of an item counts every other candidate whose score is not below
// its own, so ties never help. Under full ranking equal rows need not have equal scores: a matrix
// product sums in an order that depends on the place of a row. A score that is not finite is an
// Error. Users without a held-out item are skipped. Under full ranking an item that is held out and
// in training at once cannot be recommended and is not looked for.
//
// The result is the same, bit for bit, at any number of threads.
#ifndef DERRD_EVAL_EVALUATOR_H_
#define DERRD_EVAL_EVALUATOR_H_

#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/metrics.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

enum class Split { kValid, kTest };
std::string_view Name(Split split);       // "valid", "test"
Split ParseSplit(std::string_view name);  // UsageError when it is neither

// The one metric to compare models by where only one is wanted: HR@5 when sampled, NDCG@10 when
// full.
std::string_view MainMetric(Protocol protocol);
// Every metric that Evaluate reports, in its order.
std::vector<std::string> MetricNames(Protocol protocol);

// By the protocol of the data set. Error when the model has other numbers of users or items, when
// the split holds nothing out, when a score is not finite, or when the model has neither scores nor
// lists that say enough (list_evaluation.h).
Metrics Evaluate(const Model& model, const Dataset& dataset, Split split, const Parallel& parallel);

// Cost: one ScoreItems a user, and (held-out items) x (candidates) comparisons.
Metrics EvaluateSampled(const Model& model, const Interactions& held_out,
                        const Interactions& other_held_out, const Interactions& candidates,
                        const Names& names, const Parallel& parallel);

// Cost: ScoreAllItems of every user, and one pass over its scores for every held-out item.
Metrics EvaluateFull(const Model& model, const Interactions& train, const Interactions& held_out,
                     const Names& names, const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_EVAL_EVALUATOR_H_
