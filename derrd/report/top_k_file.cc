#include "derrd/report/top_k_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <memory>
#include <string_view>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/data/npy.h"

namespace derrd {
namespace {

constexpr std::size_t kChunkUsers = 4096;  // that are answered before they are written
constexpr std::size_t kEncodeGrain = 64;   // users that a task writes down

// How a user's items look in the file. Threads may share it.
class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual std::string Header() const = 0;
  virtual std::string Encode(std::int32_t user, std::span<const ScoredItem> items) const = 0;
};

class TsvEncoder : public Encoder {
 public:
  explicit TsvEncoder(const Recommender& model) : model_(model) {
    for (const Ids* ids : {&model.user_ids(), &model.item_ids()}) {
      for (std::size_t i = 0; i < ids->size(); ++i) CheckId((*ids)[i]);
    }
  }

  std::string Header() const override {
    return model_.item_names().empty() ? "user\trank\titem\tscore\n"
                                       : "user\trank\titem\tscore\tname\n";
  }

  std::string Encode(std::int32_t user, std::span<const ScoredItem> items) const override {
    std::string lines;
    const std::string_view user_id = model_.user_ids()[static_cast<std::size_t>(user)];
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto item = static_cast<std::size_t>(items[i].item);
      fmt::format_to(std::back_inserter(lines), "{}\t{}\t{}\t{}", user_id, i + 1,
                     model_.item_ids()[item], items[i].score);
      if (!model_.item_names().empty()) lines.append("\t").append(Field(model_.item_names()[item]));
      lines += '\n';
    }
    return lines;
  }

 private:
  // An id that were changed would be somebody else's; a name may be.
  static void CheckId(std::string_view id) {
    if (id.find_first_of("\t\n\r") == std::string_view::npos) return;
    Fail("the id '{}' holds a tab or a line break, which no .tsv can hold; write .npy", id);
  }
  static std::string Field(std::string_view text) {
    std::string field(text);
    std::ranges::replace_if(
        field, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return field;
  }

  const Recommender& model_;
};

class NpyEncoder : public Encoder {
 public:
  NpyEncoder(std::size_t users, std::size_t k) : users_(users), k_(k) {}

  std::string Header() const override { return NpyHeader(DType::kI32, users_, k_); }

  std::string Encode(std::int32_t, std::span<const ScoredItem> items) const override {
    static_assert(std::endian::native == std::endian::little);
    std::vector<std::int32_t> row(k_, -1);
    std::ranges::transform(items, row.begin(), &ScoredItem::item);
    return {reinterpret_cast<const char*>(row.data()), row.size() * sizeof(std::int32_t)};
  }

 private:
  std::size_t users_, k_;
};

std::unique_ptr<Encoder> MakeEncoder(TopKFormat format, const Recommender& model, std::size_t k) {
  if (format == TopKFormat::kTsv) return std::make_unique<TsvEncoder>(model);
  return std::make_unique<NpyEncoder>(model.users(), k);
}

}  // namespace

TopKFormat TopKFormatOf(const std::string& path) {
  if (path.ends_with(".tsv")) return TopKFormat::kTsv;
  if (path.ends_with(".npy")) return TopKFormat::kNpy;
  Fail<UsageError>("{}: cannot tell the format to write; end the path in .tsv or .npy", path);
}

void WriteTopK(const Recommender& recommender, std::size_t k, const ItemSet* allowed,
               const std::string& path, const Parallel& parallel,
               const std::function<void(std::size_t users)>& done) {
  const std::size_t users = recommender.users();
  const std::size_t width = std::min(k, recommender.items());
  const auto encoder = MakeEncoder(TopKFormatOf(path), recommender, width);
  OutputFile file(path);
  file.Write(encoder->Header());
  for (std::size_t begin = 0; begin < users; begin += kChunkUsers) {
    std::vector<Query> queries(std::min(kChunkUsers, users - begin));
    for (std::size_t u = 0; u < queries.size(); ++u) {
      queries[u].user = static_cast<std::int32_t>(begin + u);
      queries[u].k = width;
      queries[u].allowed = allowed;
    }
    const auto answers = recommender.RecommendAll(queries, &parallel);
    std::vector<std::string> encoded(queries.size());
    parallel.ForRanges(encoded.size(), kEncodeGrain, [&](std::size_t from, std::size_t to) {
      for (std::size_t u = from; u < to; ++u) {
        encoded[u] = encoder->Encode(*queries[u].user, answers[u]);
      }
    });
    for (const std::string& text : encoded) file.Write(text);
    done(begin + queries.size());
  }
  file.Commit();
}

}  // namespace derrd
