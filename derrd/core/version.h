#ifndef DERRD_CORE_VERSION_H_
#define DERRD_CORE_VERSION_H_

#include <string_view>

namespace derrd {

std::string_view Version();  // of this program and library: "0.1.0"

}  // namespace derrd

#endif  // DERRD_CORE_VERSION_H_
