// What an import read, dropped and kept.
#ifndef DERRD_DATA_IMPORT_SUMMARY_H_
#define DERRD_DATA_IMPORT_SUMMARY_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/data/filters.h"
#include "derrd/data/interaction_reader.h"

namespace derrd {

struct NameSummary {
  std::size_t named = 0;    // items with a name
  std::size_t unknown = 0;  // names of items that the data set does not have
};

struct AttributeSummary {
  std::size_t names = 0;      // attributes
  std::size_t labels = 0;     // values of them all
  std::size_t described = 0;  // items with a value
  std::size_t unknown = 0;    // lines about items that the data set does not have
};

struct ImportSummary {
  std::vector<FileSummary> files;
  FilterCounts dropped;
  std::optional<NameSummary> names;
  std::optional<AttributeSummary> attributes;

  // Of what was kept.
  Protocol protocol = Protocol::kFull;
  std::size_t users = 0, items = 0;
  std::size_t train = 0, valid = 0, test = 0, candidates = 0;  // interactions
  std::size_t untrained_items = 0;  // items that no training interaction names

  std::size_t interactions() const { return train + valid + test; }
  // The share of all pairs of a user and an item that are interactions.
  double density() const {
    return static_cast<double>(interactions()) /
           (static_cast<double>(users) * static_cast<double>(items));
  }
  void CountKept(const DatasetContents& contents);
};

nlohmann::ordered_json ToJson(const ImportSummary& summary);
std::string ToText(const FileSummary& file);       // a line or two, each with its end
std::string ToText(const ImportSummary& summary);  // several lines, each with its end
// The part about what was kept.
nlohmann::ordered_json KeptToJson(const ImportSummary& summary);
std::string KeptToText(const ImportSummary& summary);

}  // namespace derrd

#endif  // DERRD_DATA_IMPORT_SUMMARY_H_
