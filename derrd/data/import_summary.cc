#include "derrd/data/import_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace derrd {

void ImportSummary::CountKept(const DatasetContents& contents) {
  protocol = contents.protocol;
  users = contents.user_ids.size();
  items = contents.item_ids.size();
  train = contents.train.items.size();
  valid = contents.valid.items.size();
  test = contents.test.items.size();
  candidates = contents.candidates.items.size();
  std::vector<std::uint8_t> trained(items, 0);
  for (const std::int32_t item : contents.train.items) trained[static_cast<std::size_t>(item)] = 1;
  untrained_items = static_cast<std::size_t>(std::ranges::count(trained, 0));
}

nlohmann::ordered_json KeptToJson(const ImportSummary& summary) {
  return {{"users", summary.users},
          {"items", summary.items},
          {"untrained_items", summary.untrained_items},
          {"interactions", summary.interactions()},
          {"density", summary.density()},
          {"protocol", Name(summary.protocol)},
          {"train", summary.train},
          {"valid", summary.valid},
          {"test", summary.test},
          {"candidates", summary.candidates}};
}

std::string KeptToText(const ImportSummary& summary) {
  return fmt::format(
      "kept     {} users, {} items ({} absent from training), {} interactions, density {:.4g}\n"
      "splits   {} train, {} valid, {} test, {} candidates; protocol {}\n",
      summary.users, summary.items, summary.untrained_items, summary.interactions(),
      summary.density(), summary.train, summary.valid, summary.test, summary.candidates,
      Name(summary.protocol));
}

nlohmann::ordered_json ToJson(const ImportSummary& summary) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const FileSummary& file : summary.files) {
    files.push_back({{"path", file.path},
                     {"layout", file.layout},
                     {"lines", file.lines},
                     {"interactions", file.interactions},
                     {"empty_lists", file.empty_lists}});
  }
  nlohmann::ordered_json json = {{"files", std::move(files)},
                                 {"dropped",
                                  {{"duplicates", summary.dropped.duplicates},
                                   {"below_min_rating", summary.dropped.below_min_rating},
                                   {"below_min_user_or_min_item", summary.dropped.rare},
                                   {"met_candidates", summary.dropped.met_candidates}}}};
  json.update(KeptToJson(summary));
  if (summary.names) {
    json["item_names"] = {{"named", summary.names->named}, {"unknown", summary.names->unknown}};
  }
  if (summary.attributes) {
    json["item_attributes"] = {{"attributes", summary.attributes->names},
                               {"values", summary.attributes->labels},
                               {"described", summary.attributes->described},
                               {"unknown", summary.attributes->unknown}};
  }
  return json;
}

std::string ToText(const FileSummary& file) {
  std::string text = fmt::format("read     {}: {} lines, {} interactions ({})\n", file.path,
                                 file.lines, file.interactions, file.layout);
  if (file.empty_lists > 0) text += fmt::format("         {} empty lists\n", file.empty_lists);
  return text;
}

std::string ToText(const ImportSummary& summary) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const FileSummary& file : summary.files) text += ToText(file);
  const FilterCounts& dropped = summary.dropped;
  fmt::format_to(out,
                 "dropped  {} duplicates, {} below --min-rating, {} below --min-user or "
                 "--min-item\n",
                 dropped.duplicates, dropped.below_min_rating, dropped.rare);
  if (dropped.met_candidates > 0) {
    fmt::format_to(out, "         {} candidates that their user met\n", dropped.met_candidates);
  }
  text += KeptToText(summary);
  if (summary.names) {
    fmt::format_to(out, "names    {} of {} items, {} names of other items\n", summary.names->named,
                   summary.items, summary.names->unknown);
  }
  if (summary.attributes) {
    fmt::format_to(out,
                   "known    {} values of {} attributes for {} of {} items, {} lines about "
                   "other items\n",
                   summary.attributes->labels, summary.attributes->names,
                   summary.attributes->described, summary.items, summary.attributes->unknown);
  }
  return text;
}

}  // namespace derrd
