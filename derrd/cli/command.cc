#include "derrd/cli/command.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "derrd/core/error.h"

namespace derrd::cli {

void Note(const std::string& text) {
  if (!text.empty()) std::cerr << "note: " << text << "\n";
}

void TellUnused(const CLI::Option& flag, std::string_view owner, std::string_view run) {
  Note(fmt::format("{} is of {} and changes nothing of {}", flag.get_name(), owner, run));
}

void Print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) FailWithErrno("write", "standard output");
}

// Paths may hold any bytes; what is not UTF-8 is replaced, as JSON has no other way.
void PrintJson(const nlohmann::ordered_json& object) {
  Print(object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

CLI::Validator Number(double least, double most) {
  const auto check = [least, most](const std::string& word) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    const bool valid = end != word.c_str() && *end == '\0' && value >= least && value <= most;
    return valid ? std::string()
                 : fmt::format("'{}' is no number from {:g} to {:g}; give one", word, least, most);
  };
  return CLI::Validator(check, fmt::format("NUMBER in [{:g}, {:g}]", least, most));
}

CLI::Validator WholeNumber(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    const bool valid =
        error == std::errc() && end == word.data() + word.size() && value >= least && value <= most;
    return valid
               ? std::string()
               : fmt::format("'{}' is no whole number from {} to {}; give one", word, least, most);
  };
  return CLI::Validator(check, fmt::format("NUMBER in [{}, {}]", least, most));
}

}  // namespace derrd::cli
