// Interactions, split and ready to train on, in one memory-mapped file.
#ifndef DERRD_DATA_DATASET_H_
#define DERRD_DATA_DATASET_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "derrd/core/fingerprint.h"
#include "derrd/core/ids.h"
#include "derrd/core/interactions.h"
#include "derrd/core/safetensors.h"

namespace derrd {

// What is known of items besides who met them. The label "name=value" says that the attribute of
// that name has that value; a name holds no '=', and neither part is empty. A view, as Interactions
// are.
struct ItemAttributes {
  Ids labels;          // in ascending order of their bytes, distinct
  Interactions items;  // of each label, which stands in the place of the user

  bool empty() const { return labels.empty(); }
};

// How a data set is meant to be evaluated.
enum class Protocol {
  kSampled,  // leave-one-out: the one held-out item of a user is ranked among its candidates
  kFull,     // every item that is not in the user's training set is ranked
};
std::string_view Name(Protocol protocol);  // "sampled", "full"

// An immutable data set. Cheap to copy (it shares the mapped file); threads may share it.
class Dataset {
 public:
  // Checks kind, shapes, ascending offsets, and that every item lies in range; Error otherwise.
  static Dataset Open(const std::string& path);

  const std::string& path() const { return file_->path(); }
  const Metadata& metadata() const { return file_->metadata(); }
  // Tells one data set from another by the file's bytes (core/fingerprint.h). Reads all of it.
  std::string fingerprint() const { return FingerprintOf(file_->bytes()); }
  std::size_t users() const { return user_ids_.size(); }
  std::size_t items() const { return item_ids_.size(); }
  const Ids& user_ids() const { return user_ids_; }
  const Ids& item_ids() const { return item_ids_; }
  const Ids& item_names() const { return item_names_; }             // empty when none were given
  const ItemAttributes& attributes() const { return attributes_; }  // the same

  Protocol protocol() const { return protocol_; }
  const Interactions& train() const { return train_; }
  const Interactions& valid() const { return valid_; }
  const Interactions& test() const { return test_; }
  // The sampled negatives of each user; empty under Protocol::kFull.
  const Interactions& candidates() const { return candidates_; }

 private:
  std::shared_ptr<const SafetensorsFile> file_;
  Ids user_ids_, item_ids_, item_names_;
  ItemAttributes attributes_;
  Protocol protocol_ = Protocol::kFull;
  Interactions train_, valid_, test_, candidates_;
};

struct OwnedAttributes {
  Ids labels;
  OwnedInteractions items;

  ItemAttributes view() const { return {labels, items.view()}; }
};

// Everything a data set file holds, before it is written.
struct DatasetContents {
  Ids user_ids, item_ids, item_names;
  OwnedAttributes attributes;
  Protocol protocol = Protocol::kFull;
  OwnedInteractions train, valid, test, candidates;
  Metadata metadata;  // how it was made, for `derrd info`
};

void WriteDataset(const DatasetContents& contents, const std::string& path);

}  // namespace derrd

#endif  // DERRD_DATA_DATASET_H_
