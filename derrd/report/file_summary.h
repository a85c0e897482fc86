// What is in a file that this program wrote.
#ifndef DERRD_REPORT_FILE_SUMMARY_H_
#define DERRD_REPORT_FILE_SUMMARY_H_

#include <nlohmann/json.hpp>
#include <string>

namespace derrd {

// {"path": ..., "bytes": ..., "kind": "dataset" | "model" | ...,
//  "dataset": {"users", "items", "protocol", "splits": {"train": {"interactions", "users"}, ...}},
//  "model": {"kind", "users", "items", "parameters", "representation_width", "config", "metrics"},
//  "metadata": {...}, "tensors": [{"name", "dtype", "shape", "bytes"}, ...]}
// with "dataset" or "model" for a file of that kind. A safetensors file of another program has the
// kind "" and its tensors. Opens the file as whoever uses it does, so a damaged one is an Error.
nlohmann::ordered_json SummarizeFile(const std::string& path);

// The same for people: some lines and tables in Markdown.
std::string SummaryText(const nlohmann::ordered_json& summary);

}  // namespace derrd

#endif  // DERRD_REPORT_FILE_SUMMARY_H_
