// Shrinks embedding tables from anywhere to a few columns, keeps them in one file that Python opens
// too, and answers from that file: embed FILE.
#include <derrd/core/error.h>
#include <derrd/core/ids.h>
#include <derrd/core/parallel.h>
#include <derrd/core/random.h>
#include <derrd/core/safetensors.h>
#include <derrd/models/truncated_svd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kUsers = 200, kItems = 300, kWidth = 32, kSmallWidth = 8;

// Stands for the tables of a model of yours. A draw depends on the row alone, so the threads, and
// how many they are, change nothing.
derrd::Matrix<float> EmbeddingTable(std::size_t rows, derrd::Role role,
                                    const derrd::Parallel& parallel) {
  derrd::Matrix<float> table(rows, kWidth);
  parallel.For(rows, [&](std::size_t r) {
    derrd::RandomStream stream(/*seed=*/1, role, /*step=*/0, /*entity=*/r);
    for (std::size_t c = 0; c < kWidth; ++c) {
      table(r, c) = stream.Normal() / static_cast<float>(1 + c);
    }
  });
  return table;
}

derrd::Ids Names(const std::string& prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
  return derrd::Ids(names);
}

void Write(const std::string& path) {
  const derrd::Parallel parallel;
  const derrd::Factors factors = derrd::TruncateFactors(
      EmbeddingTable(kUsers, derrd::Role::kInitialUser, parallel),
      EmbeddingTable(kItems, derrd::Role::kInitialItem, parallel), kSmallWidth);
  const derrd::Ids users = Names("user-", kUsers), items = Names("item-", kItems);

  derrd::SafetensorsWriter writer("example");
  writer.Add("user", factors.user.view());
  writer.Add("item", factors.item.view());
  users.AddTo(writer, "user_ids");
  items.AddTo(writer, "item_ids");
  writer.Write(path);
}

void PrintBestItems(const std::string& path, const std::string& user, std::size_t k) {
  const auto file = derrd::SafetensorsFile::OpenKind(path, "example");
  const auto user_table = file->MatrixOf<float>("user");
  const auto item_table = file->MatrixOf<float>("item");
  const auto row = derrd::Ids::FromFile(file, "user_ids").Find(user);
  if (!row) derrd::Fail("{}: knows no user '{}'", path, user);

  std::vector<float> scores;
  for (std::size_t i = 0; i < item_table.rows(); ++i) {
    const float* embedding = user_table.row(static_cast<std::size_t>(*row));
    scores.push_back(
        std::inner_product(embedding, embedding + user_table.cols(), item_table.row(i), 0.0f));
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(k),
                            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });

  const derrd::Ids items = derrd::Ids::FromFile(file, "item_ids");
  for (std::size_t i = 0; i < k; ++i) {
    std::printf("%s\t%s\t%.3f\n", user.c_str(), std::string(items[order[i]]).c_str(),
                scores[order[i]]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  try {
    Write(argv[1]);
    PrintBestItems(argv[1], "user-7", 3);
  } catch (const derrd::Error& error) {
    std::fprintf(stderr, "embed: %s\n", error.what());
    return 1;
  }
}
