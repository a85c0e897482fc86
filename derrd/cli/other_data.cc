#include "derrd/cli/other_data.h"

#include <fmt/format.h>

#include <iostream>

#include "derrd/core/fingerprint.h"

namespace derrd::cli {

void NoteOtherData(const ModelFile& model, const std::string& model_path, const Dataset& dataset) {
  const auto own = model.config.find("dataset");
  if (own == model.config.end() || *own == Fingerprint(dataset.path())) return;
  std::cerr << fmt::format(
      "note: {} was made from another file than {}; unless both hold out the same, it may have "
      "learned from what it is measured by\n",
      model_path, dataset.path());
}

}  // namespace derrd::cli
