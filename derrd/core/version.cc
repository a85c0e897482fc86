#include "derrd/core/version.h"

namespace derrd {

std::string_view Version() { return DERRD_VERSION; }

}  // namespace derrd
