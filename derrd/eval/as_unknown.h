// How a model would answer its own users if it had never met them.
#ifndef DERRD_EVAL_AS_UNKNOWN_H_
#define DERRD_EVAL_AS_UNKNOWN_H_

#include <memory>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/models/model.h"

namespace derrd {

// A model with the same users and items in which every user is folded in from the items of `train`
// alone, as somebody new would be (Model::ScoreAllItemsForLiked); a user without any has equal
// scores everywhere. What it forgets is the users' own parameters and not what the items learned
// from these users. model and train must outlive it. Of a factor model the users are solved here,
// the others' scores are made when they are asked for. Error when the model cannot answer somebody
// new.
std::unique_ptr<Model> AsUnknown(const Model& model, const Interactions& train,
                                 const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_EVAL_AS_UNKNOWN_H_
