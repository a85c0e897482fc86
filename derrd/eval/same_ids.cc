#include "derrd/eval/same_ids.h"

#include <algorithm>

#include "derrd/core/error.h"

namespace derrd {

void CheckSameIds(const std::string& what, const Ids& model_ids, const std::string& model_path,
                  const Ids& dataset_ids, const std::string& dataset_path) {
  if (model_ids == dataset_ids) return;
  constexpr const char* kRemedy = "give the data set that the model was trained on";
  const std::size_t shared = std::min(model_ids.size(), dataset_ids.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (model_ids[i] == dataset_ids[i]) continue;
    Fail("{}: its {} number {} is '{}' and '{}' in {}; {}", model_path, what, i, model_ids[i],
         dataset_ids[i], dataset_path, kRemedy);
  }
  Fail("{}: has {} {}s and {} has {}; {}", model_path, model_ids.size(), what, dataset_path,
       dataset_ids.size(), kRemedy);
}

void CheckSameIds(const ModelFile& model, const std::string& model_path, const Dataset& dataset) {
  CheckSameIds("user", model.user_ids, model_path, dataset.user_ids(), dataset.path());
  CheckSameIds("item", model.item_ids, model_path, dataset.item_ids(), dataset.path());
}

std::string NoteOnOtherData(const ModelFile& model, const std::string& model_path,
                            const Dataset& dataset) {
  const auto own = model.config.find(config_keys::kDataset);
  if (own == model.config.end() || *own == dataset.fingerprint()) return "";
  return fmt::format(
      "{} was made from another file than {}; unless both hold out the same, it may have learned "
      "from what it is measured by",
      model_path, dataset.path());
}

}  // namespace derrd
