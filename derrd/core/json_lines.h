// Files of one JSON object a line, as logs are written.
#ifndef DERRD_CORE_JSON_LINES_H_
#define DERRD_CORE_JSON_LINES_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace derrd {

// The objects of such a file, in its order; none when it is not there. Lines that are not whole, as
// a power cut leaves them, are passed over.
std::vector<nlohmann::ordered_json> ReadJsonLines(const std::string& path);

}  // namespace derrd

#endif  // DERRD_CORE_JSON_LINES_H_
