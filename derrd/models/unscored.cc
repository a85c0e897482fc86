#include "derrd/models/unscored.h"

#include "derrd/core/error.h"

namespace derrd {

void Unscored::Refuse() const {
  Fail(
      "a teacher of the kind '{}' has no score for any user and item; distil it, and ask its "
      "student",
      kind());
}

}  // namespace derrd
