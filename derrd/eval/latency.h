// How long a model takes to answer.
#ifndef DERRD_EVAL_LATENCY_H_
#define DERRD_EVAL_LATENCY_H_

#include "derrd/data/dataset.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// Microseconds of one query: the top 10 of one user among all items outside its training set, on
// the calling thread. The median over 300 users spread evenly over all (some more than
// once where there are fewer), after 20 queries to warm up. Takes a fraction of a second; run it on
// an idle machine. Error when a score is not finite.
double MedianQueryMicroseconds(const Model& model, const Dataset& dataset);
double MedianQueryMicroseconds(const Model& model, const Interactions& train, const Names& names);

}  // namespace derrd

#endif  // DERRD_EVAL_LATENCY_H_
