// Whether a model and a data set speak of the same users and items.
#ifndef DERRD_EVAL_SAME_IDS_H_
#define DERRD_EVAL_SAME_IDS_H_

#include <string>

#include "derrd/core/ids.h"
#include "derrd/data/dataset.h"
#include "derrd/models/model.h"

namespace derrd {

// Error that names both files and the first difference, unless the model's users and items are the
// data set's, in the same order.
void CheckSameIds(const ModelFile& model, const std::string& model_path, const Dataset& dataset);

// The same for one side. `what` is "user" or "item".
void CheckSameIds(const std::string& what, const Ids& model_ids, const std::string& model_path,
                  const Ids& dataset_ids, const std::string& dataset_path);

// A sentence when the model names another file than the data set's as its own, else "": another
// split of the same data may hold out what it learned from. No error, for a file that differs in
// names alone does no harm. Reads the data set once, at about 1 GB/s.
std::string NoteOnOtherData(const ModelFile& model, const std::string& model_path,
                            const Dataset& dataset);

}  // namespace derrd

#endif  // DERRD_EVAL_SAME_IDS_H_
