#include "derrd/data/dataset.h"

#include <cstddef>
#include <limits>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::string_view kKind = "dataset";
constexpr const char* kProtocolKey = "derrd.protocol";

[[noreturn]] void FailDamaged(const std::string& path, const std::string& what) {
  Fail("{}: {}; the file is damaged, so make it again with 'derrd import'", path, what);
}

// What the tensors must promise so that Of() never reads outside them.
struct Checker {
  const SafetensorsFile& file;
  std::size_t rows;
  std::string_view row;  // what a row is of: "user"
  std::size_t items;

  void CheckOffsets(const std::string& name, const Interactions& split) const {
    const auto& offsets = split.offsets;
    if (offsets.size() != rows + 1) {
      FailDamaged(file.path(),
                  fmt::format("tensor '{}.offsets' has {} numbers where {} {}s need {}", name,
                              offsets.size(), rows, row, rows + 1));
    }
    bool valid =
        offsets.front() == 0 && offsets.back() == static_cast<std::int64_t>(split.items.size());
    for (std::size_t r = 0; r < rows; ++r) valid = valid && offsets[r] <= offsets[r + 1];
    if (!valid) {
      FailDamaged(file.path(), fmt::format("tensor '{}.offsets' does not fit the {} numbers of "
                                           "'{}.items'",
                                           name, split.items.size(), name));
    }
  }

  void CheckItems(const std::string& name, const Interactions& split) const {
    for (std::size_t r = 0; r < rows; ++r) {
      std::int32_t previous = -1;
      for (const std::int32_t item : split.Of(r)) {
        if (item < 0 || static_cast<std::size_t>(item) >= items) {
          FailDamaged(file.path(),
                      fmt::format("'{}.items' names item {} of {} {} and there are {} items", name,
                                  item, row, r, items));
        }
        if (item <= previous) {
          FailDamaged(file.path(), fmt::format("'{}.items' of {} {} are not ascending and distinct",
                                               name, row, r));
        }
        previous = item;
      }
    }
  }

  Interactions Split(const std::string& name) const {
    const Interactions split{file.Elements<std::int64_t>(name + ".offsets"),
                             file.Elements<std::int32_t>(name + ".items")};
    CheckOffsets(name, split);
    CheckItems(name, split);
    return split;
  }

  // One held-out item is ranked among at least one other.
  void CheckCandidates(const Interactions& held_out, const Interactions& candidates) const {
    for (std::size_t u = 0; u < rows; ++u) {
      if (held_out.Of(u).empty() || !candidates.Of(u).empty()) continue;
      FailDamaged(file.path(), fmt::format("user {} has a held-out item and no candidates", u));
    }
  }
};

Ids ReadIds(const std::shared_ptr<const SafetensorsFile>& file, const std::string& name) {
  Ids ids = Ids::FromFile(file, name);
  if (ids.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    FailDamaged(file->path(), fmt::format("'{}' holds more than 2^31 - 1 ids", name));
  }
  return ids;
}

ItemAttributes ReadAttributes(const std::shared_ptr<const SafetensorsFile>& file,
                              std::size_t items) {
  if (!file->Has("attribute_labels.offsets")) return {};
  const Ids labels = ReadIds(file, "attribute_labels");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t sign = labels[i].find('=');
    const bool whole = sign != std::string_view::npos && sign > 0 && sign + 1 < labels[i].size();
    if (whole && (i == 0 || labels[i - 1] < labels[i])) continue;
    FailDamaged(file->path(), fmt::format("'attribute_labels' are not name=value, ascending and "
                                          "distinct, from number {}",
                                          i));
  }
  return {labels, Checker{*file, labels.size(), "label", items}.Split("attributes")};
}

Protocol ReadProtocol(const SafetensorsFile& file) {
  const std::string name = file.MetadataOr(kProtocolKey, "");
  for (const Protocol protocol : {Protocol::kSampled, Protocol::kFull}) {
    if (name == Name(protocol)) return protocol;
  }
  FailDamaged(file.path(), fmt::format("the protocol '{}' is unknown", name));
}

}  // namespace

std::string_view Name(Protocol protocol) {
  return protocol == Protocol::kSampled ? "sampled" : "full";
}

Dataset Dataset::Open(const std::string& path) {
  Dataset dataset;
  dataset.file_ = SafetensorsFile::OpenKind(path, kKind);
  const SafetensorsFile& file = *dataset.file_;
  dataset.user_ids_ = ReadIds(dataset.file_, "user_ids");
  dataset.item_ids_ = ReadIds(dataset.file_, "item_ids");
  if (file.Has("item_names.offsets")) {
    dataset.item_names_ = ReadIds(dataset.file_, "item_names");
    if (dataset.item_names_.size() != dataset.items()) {
      FailDamaged(path, fmt::format("it has {} item names for {} items", dataset.item_names_.size(),
                                    dataset.items()));
    }
  }
  if (dataset.users() == 0 || dataset.items() == 0)
    FailDamaged(path, "it has no users or no items");
  dataset.protocol_ = ReadProtocol(file);
  dataset.attributes_ = ReadAttributes(dataset.file_, dataset.items());
  const Checker checker{file, dataset.users(), "user", dataset.items()};
  dataset.train_ = checker.Split("train");
  dataset.valid_ = checker.Split("valid");
  dataset.test_ = checker.Split("test");
  if (dataset.protocol_ == Protocol::kSampled) {
    dataset.candidates_ = checker.Split("candidates");
    checker.CheckCandidates(dataset.valid_, dataset.candidates_);
    checker.CheckCandidates(dataset.test_, dataset.candidates_);
  }
  return dataset;
}

void WriteDataset(const DatasetContents& contents, const std::string& path) {
  SafetensorsWriter writer(kKind);
  for (const auto& [key, value] : contents.metadata) writer.SetMetadata(key, value);
  writer.SetMetadata(kProtocolKey, std::string(Name(contents.protocol)));
  contents.user_ids.AddTo(writer, "user_ids");
  contents.item_ids.AddTo(writer, "item_ids");
  if (!contents.item_names.empty()) contents.item_names.AddTo(writer, "item_names");

  const auto add = [&](const std::string& name, const OwnedInteractions& split) {
    writer.Add(name + ".offsets", std::span<const std::int64_t>(split.offsets));
    writer.Add(name + ".items", std::span<const std::int32_t>(split.items));
  };
  if (!contents.attributes.labels.empty()) {
    contents.attributes.labels.AddTo(writer, "attribute_labels");
    add("attributes", contents.attributes.items);
  }
  add("train", contents.train);
  add("valid", contents.valid);
  add("test", contents.test);
  if (contents.protocol == Protocol::kSampled) add("candidates", contents.candidates);
  writer.Write(path);
}

}  // namespace derrd
