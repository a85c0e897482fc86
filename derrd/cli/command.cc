#include "derrd/cli/command.h"

#include <iostream>

namespace derrd::cli {

void PrintJson(const nlohmann::ordered_json& object) { std::cout << object.dump(2) << std::endl; }

}  // namespace derrd::cli
