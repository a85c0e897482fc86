// How much two models agree about what to recommend.
#ifndef DERRD_EVAL_AGREEMENT_H_
#define DERRD_EVAL_AGREEMENT_H_

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/metrics.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// "overlap@10" and "overlap@50": the share of one model's top K, of all items outside a user's
// training set, that is in the other's top K; the mean over users, at most 10,000 of them, spread
// evenly. K is cut to the longer of the two, where a user has fewer left. Symmetric. Both models
// are of the data set. The same at any number of threads. Cost: two evaluations of a full ranking,
// and 512 bytes a user.
Metrics TopKOverlap(const Model& a, const Model& b, const Dataset& dataset,
                    const Parallel& parallel);
Metrics TopKOverlap(const Model& a, const Model& b, const Interactions& train, const Names& names,
                    const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_EVAL_AGREEMENT_H_
