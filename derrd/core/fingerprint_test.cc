#include "derrd/core/fingerprint.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "derrd/core/file.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

TEST(Fingerprint, TellsContentsApartAndNotPaths) {
  const TestFolder folder;
  const auto of = [&](const std::string& name, const std::string& text) {
    WriteTextFile(folder / name, text);
    return Fingerprint(folder / name);
  };
  std::set<std::string> all;
  for (const std::string text : {"", "a", "b", "ab", "ba", "12345678", "123456789", "12345679"}) {
    EXPECT_EQ(of("x", text), of("y", text));
    EXPECT_EQ(of("x", text), FingerprintOf(std::as_bytes(std::span(text))));
    all.insert(of("x", text));
  }
  all.insert(of("x", std::string(1, '\0')));
  all.insert(of("x", std::string(8, '\0')));
  EXPECT_EQ(all.size(), 10u);
  std::string text(10000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 777) {
    text[i] ^= 1;
    all.insert(of("x", text));
    text[i] ^= 1;
  }
  EXPECT_EQ(all.size(), 10u + 13u);
}

}  // namespace
}  // namespace derrd
