// What flags say, said in a file: `--config FILE.toml`, for every subcommand.
//
//   threads = 8              # --threads 8; an underscore in a key is a dash in the flag
//   [distill]                # only for `derrd distill`; wins over the keys above
//   stop-metrics = ["HR@5", "NDCG@5"]  # an array gives a flag several values
//   json = true                        # a flag without a value
//
// A flag on the command line wins over the file. Tables of other subcommands are passed over, so
// that one file can serve them all.
#ifndef DERRD_CLI_CONFIG_H_
#define DERRD_CLI_CONFIG_H_

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace derrd::cli {

// Arguments as CLI11 is to read them (without the program's name), and where those of them that a
// file said stand in it: the flag ("--threads") and its "FILE:LINE".
struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::string> places;
};

// Replaces `--config FILE` of the chosen subcommand by the flags that the file stands for, unless
// the command line has them itself. UsageError that names FILE:LINE for a key that is no flag, with
// the nearest flag; for a value of the wrong type; and with line and column for broken TOML.
Arguments ExpandConfig(const CLI::App& program, std::vector<std::string> words);

// One line about what CLI11 did not accept: names the nearest flag or subcommand of one that does
// not exist, and the place in the file of a value that came from there. Call after parsing failed.
std::string ExplainParseError(const CLI::App& program, const CLI::ParseError& error,
                              const Arguments& arguments);

}  // namespace derrd::cli

#endif  // DERRD_CLI_CONFIG_H_
