#include "derrd/core/json_lines.h"

#include <fstream>

namespace derrd {

std::vector<nlohmann::ordered_json> ReadJsonLines(const std::string& path) {
  std::vector<nlohmann::ordered_json> objects;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    auto object = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object()) objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace derrd
