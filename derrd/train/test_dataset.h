// For tests: a small random data set, written to a folder and opened.
#ifndef DERRD_TRAIN_TEST_DATASET_H_
#define DERRD_TRAIN_TEST_DATASET_H_

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/core/test_folder.h"
#include "derrd/data/dataset.h"

namespace derrd {

// Every user has one validation item, one test item and 3 to 9 training items; but the first has
// its first `busy` items in training, if there are any.
inline Dataset SmallDataset(const TestFolder& folder, std::size_t users = 40,
                            std::size_t items = 60, std::size_t busy = 0) {
  DatasetContents contents;
  std::vector<std::string> user_ids, item_ids;
  for (std::size_t u = 0; u < users; ++u) user_ids.push_back(fmt::format("u{}", u));
  for (std::size_t i = 0; i < items; ++i) item_ids.push_back(fmt::format("i{}", i));
  contents.user_ids = Ids(user_ids);
  contents.item_ids = Ids(item_ids);
  contents.protocol = Protocol::kFull;
  for (std::size_t u = 0; u < users; ++u) {
    RandomStream stream(9, Role::kTest, items, u);
    std::vector<std::int32_t> all(items);
    for (std::size_t i = 0; i < items; ++i) all[i] = static_cast<std::int32_t>(i);
    for (std::size_t i = items - 1; i > 0; --i) {
      std::swap(all[i], all[stream.Below(static_cast<std::uint32_t>(i + 1))]);
    }
    const std::size_t drawn = 3 + stream.Below(7), count = u == 0 && busy > 0 ? busy : drawn;
    const auto add = [&](OwnedInteractions& to, std::size_t begin, std::size_t end) {
      std::vector<std::int32_t> part(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                     all.begin() + static_cast<std::ptrdiff_t>(end));
      std::sort(part.begin(), part.end());
      to.items.insert(to.items.end(), part.begin(), part.end());
      to.offsets.push_back(static_cast<std::int64_t>(to.items.size()));
    };
    add(contents.train, 0, count);
    add(contents.valid, count, count + 1);
    add(contents.test, count + 1, count + 2);
  }
  WriteDataset(contents, folder / "small.derrd");
  return Dataset::Open(folder / "small.derrd");
}

}  // namespace derrd

#endif  // DERRD_TRAIN_TEST_DATASET_H_
