// The flag of whoever searches.
#ifndef DERRD_CLI_PRECISION_FLAG_H_
#define DERRD_CLI_PRECISION_FLAG_H_

#include "derrd/cli/command.h"
#include "derrd/serve/precision.h"

namespace derrd::cli {

inline void AddPrecisionFlag(CLI::App& app, Precision& precision) {
  AddChoice<Precision>(app, "--precision", precision,
                       {{"float32", Precision::kFloat32}, {"int8", Precision::kInt8}},
                       "Table that is searched; the answers are the same, int8 takes a quarter of "
                       "the memory traffic (default: float32)");
}

}  // namespace derrd::cli

#endif  // DERRD_CLI_PRECISION_FLAG_H_
