// For tests: what an error says.
#ifndef DERRD_CORE_TEST_ERRORS_H_
#define DERRD_CORE_TEST_ERRORS_H_

#include <gtest/gtest.h>

#include <string>

#include "derrd/core/error.h"

namespace derrd {

// The message of the Error that `action` throws; a test failure when it throws none.
template <typename Kind = Error, typename Action>
std::string MessageOf(Action&& action) {
  try {
    action();
  } catch (const Kind& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error of the expected kind";
  return "";
}

}  // namespace derrd

#endif  // DERRD_CORE_TEST_ERRORS_H_
