// Whether a model was made from the data set that it is now measured on, or that is learned from
// it.
#ifndef DERRD_CLI_OTHER_DATA_H_
#define DERRD_CLI_OTHER_DATA_H_

#include <string>

#include "derrd/data/dataset.h"
#include "derrd/models/model.h"

namespace derrd::cli {

// A note on standard error when the model names another file than the data set's as its own:
// another split of the same data may hold out what it learned from. No error, for a file that
// differs in names alone does no harm. Reads the data set once, at about 1 GB/s.
void NoteOtherData(const ModelFile& model, const std::string& model_path, const Dataset& dataset);

}  // namespace derrd::cli

#endif  // DERRD_CLI_OTHER_DATA_H_
