#include "derrd/data/synthetic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/core/file.h"

namespace derrd {
namespace {

// What a draw is for, within a role.
enum UserStep : std::uint64_t { kActivity, kTaste, kItems };
enum ItemStep : std::uint64_t { kTopic, kRank };

constexpr std::size_t kUsersATask = 256;
constexpr std::size_t kMostEntities = std::numeric_limits<std::int32_t>::max();

void CheckRange(const char* flag, double value, double least, double most) {
  if (value >= least && value <= most) return;
  Fail<UsageError>("{} {:g}: out of range; give {:g} to {:g}", flag, value, least, most);
}

// Returns its argument, so that it can stand in a list of initializers.
const SyntheticOptions& Checked(const SyntheticOptions& options) {
  CheckRange("--users", static_cast<double>(options.users), 1, kMostEntities);
  CheckRange("--items", static_cast<double>(options.items), 1, kMostEntities);
  CheckRange("--latent-width", static_cast<double>(options.latent_width), 1, 4096);
  CheckRange("--item-exponent", options.item_exponent, 0, 10);
  CheckRange("--activity-spread", options.activity_spread, 0, 5);
  CheckRange("--strength", options.strength, 0, 100);
  if (options.least > options.items) {
    Fail<UsageError>("every user is to have {} items and there are {}; give more --items",
                     options.least, options.items);
  }
  const std::uint64_t fewest = options.users * options.least;
  const std::uint64_t most = options.users * options.items;
  if (options.interactions < fewest) {
    Fail<UsageError>(
        "--interactions {}: {} users with at least {} each have {}; give more --interactions or "
        "fewer --users",
        options.interactions, options.users, options.least, fewest);
  }
  if (options.interactions > most) {
    Fail<UsageError>(
        "--interactions {}: {} users and {} items have {} pairs; give fewer --interactions or "
        "more --users or --items",
        options.interactions, options.users, options.items, most);
  }
  return options;
}

// Uniform in (0, 1) with 53 bits.
double PreciseUniform(RandomStream& stream) {
  const std::uint64_t high = stream.Next();
  return (static_cast<double>((high << 32 | stream.Next()) >> 11) + 0.5) * 0x1p-53;
}

// How many items each user has when the multiplier is c.
class Activity {
 public:
  Activity(const SyntheticOptions& options, const Parallel& parallel)
      : least_(options.least), room_(options.items - options.least), factors_(options.users) {
    ForUsers(parallel, [&](std::size_t u) {
      RandomStream stream(options.seed, Role::kSyntheticUser, kActivity, u);
      factors_[u] = std::exp(options.activity_spread * static_cast<double>(stream.Normal()));
    });
  }

  std::size_t Count(std::size_t user, double c) const {
    return least_ + static_cast<std::size_t>(std::min(c * factors_[user], room_));
  }

  std::uint64_t Total(double c, const Parallel& parallel) const {
    std::vector<std::uint64_t> parts(factors_.size() / kPart + 1, 0);
    ForUsers(parallel, [&](std::size_t u) { parts[u / kPart] += Count(u, c); });
    std::uint64_t total = 0;
    for (const std::uint64_t part : parts) total += part;
    return total;
  }

  // The greatest c (but for rounding) whose total is not above the given one.
  double Multiplier(std::uint64_t total, const Parallel& parallel) const {
    double low = 0, high = 1;
    while (Total(high, parallel) < total) high *= 2;
    for (;;) {
      const double middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) return low;
      const std::uint64_t found = Total(middle, parallel);
      if (found == total) return middle;
      (found < total ? low : high) = middle;
    }
  }

 private:
  static constexpr std::size_t kPart = std::size_t{1} << 16;

  template <typename Function>
  void ForUsers(const Parallel& parallel, const Function& function) const {
    parallel.ForRanges(factors_.size(), kPart, [&](std::size_t begin, std::size_t end) {
      for (std::size_t u = begin; u < end; ++u) function(u);
    });
  }

  std::size_t least_;
  double room_;
  std::vector<double> factors_;
};

}  // namespace

SyntheticWorld::SyntheticWorld(const SyntheticOptions& options)
    : options_(Checked(options)),
      ranks_(options.seed, Role::kSyntheticItem, kRank, options.items),
      topics_(options.items),
      topic_begin_(options.latent_width + 1, 0),
      topic_log_weights_(options.latent_width),
      slots_(options.items) {
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    RandomStream stream(options_.seed, Role::kSyntheticItem, kTopic, i);
    topics_[i] =
        static_cast<std::int32_t>(stream.Below(static_cast<std::uint32_t>(options_.latent_width)));
    ++topic_begin_[static_cast<std::size_t>(topics_[i]) + 1];
  }
  for (std::size_t z = 0; z < topic_log_weights_.size(); ++z)
    topic_begin_[z + 1] += topic_begin_[z];
  std::vector<std::int32_t> members(topics_.size());
  std::vector<std::size_t> next(topic_begin_.begin(), topic_begin_.end() - 1);
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    members[next[static_cast<std::size_t>(topics_[i])]++] = static_cast<std::int32_t>(i);
  }
  for (std::size_t z = 0; z < topic_log_weights_.size(); ++z) {
    BuildTable(z,
               std::span(members).subspan(topic_begin_[z], topic_begin_[z + 1] - topic_begin_[z]));
  }
}

double SyntheticWorld::LogPopularity(std::size_t item) const {
  return -options_.item_exponent * std::log(static_cast<double>(ranks_(item)) + 1);
}

void SyntheticWorld::Taste(std::size_t user, std::span<float> taste) const {
  RandomStream stream(options_.seed, Role::kSyntheticUser, kTaste, user);
  for (float& number : taste) number = stream.Normal();
}

// Vose: columns with less than the mean are filled up by one with more.
void SyntheticWorld::BuildTable(std::size_t topic, std::span<const std::int32_t> members) {
  const auto slots = std::span(slots_).subspan(topic_begin_[topic], members.size());
  std::vector<double> share(members.size());
  double sum = 0;
  for (std::size_t j = 0; j < members.size(); ++j) {
    share[j] = std::exp(LogPopularity(static_cast<std::size_t>(members[j])));
    sum += share[j];
  }
  topic_log_weights_[topic] = std::log(sum);  // -infinity without members
  std::vector<std::size_t> small, large;
  for (std::size_t j = 0; j < members.size(); ++j) {
    share[j] *= static_cast<double>(members.size()) / sum;
    slots[j] = {std::numeric_limits<std::uint32_t>::max(), members[j], members[j]};
    (share[j] < 1 ? small : large).push_back(j);
  }
  while (!small.empty() && !large.empty()) {
    const std::size_t from = large.back();
    const std::size_t to = small.back();
    small.pop_back();
    slots[to].threshold = static_cast<std::uint32_t>(share[to] * 0x1p32);
    slots[to].alias = members[from];
    share[from] -= 1 - share[to];
    if (share[from] >= 1) continue;
    large.pop_back();
    small.push_back(from);
  }
}

std::vector<std::int64_t> SyntheticWorld::Offsets(const Parallel& parallel) const {
  const Activity activity(options_, parallel);
  const double c = activity.Multiplier(options_.interactions, parallel);
  std::uint64_t missing = options_.interactions - activity.Total(c, parallel);
  std::vector<std::int64_t> offsets{0};
  for (std::size_t u = 0; u < options_.users; ++u) {
    std::size_t count = activity.Count(u, c);
    if (missing > 0 && count < options_.items) {
      ++count;
      --missing;
    }
    offsets.push_back(offsets.back() + static_cast<std::int64_t>(count));
  }
  return offsets;
}

// Draws the items of one user after the other.
class SyntheticWorld::UserDraw {
 public:
  explicit UserDraw(const SyntheticWorld& world)
      : world_(world),
        taste_(world.options_.latent_width),
        topic_end_(world.options_.latent_width),
        taken_(world.options_.items, false) {}

  void Draw(std::size_t user, std::span<std::int32_t> items) {
    SetTaste(user);
    RandomStream stream(world_.options_.seed, Role::kSyntheticUser, kItems, user);
    std::size_t repetitions = 0;
    std::size_t drawn = 0;
    while (drawn < items.size() && repetitions < taken_.size()) {
      const std::int32_t item = One(stream);
      if (taken_[static_cast<std::size_t>(item)]) {
        ++repetitions;
        continue;
      }
      taken_[static_cast<std::size_t>(item)] = true;
      items[drawn++] = item;
    }
    Race(stream, items.subspan(drawn));
    for (const std::int32_t item : items.first(drawn)) {
      taken_[static_cast<std::size_t>(item)] = false;
    }
    std::ranges::sort(items);
  }

 private:
  void SetTaste(std::size_t user) {
    world_.Taste(user, taste_);
    for (std::size_t z = 0; z < taste_.size(); ++z) {
      topic_end_[z] = world_.topic_log_weights_[z] + Affinity(z);
    }
    const double most = *std::ranges::max_element(topic_end_);
    double end = 0;
    for (double& number : topic_end_) number = end += std::exp(number - most);
  }

  double Affinity(std::size_t topic) const {
    return world_.options_.strength * static_cast<double>(taste_[topic]);
  }

  std::int32_t One(RandomStream& stream) const {
    const double at = static_cast<double>(stream.Next()) * 0x1p-32 * topic_end_.back();
    const auto topic =
        static_cast<std::size_t>(std::ranges::upper_bound(topic_end_, at) - topic_end_.begin());
    const std::size_t begin = world_.topic_begin_[topic];
    const auto size = static_cast<std::uint32_t>(world_.topic_begin_[topic + 1] - begin);
    const Slot& slot = world_.slots_[begin + stream.Below(size)];
    return stream.Next() < slot.threshold ? slot.item : slot.alias;
  }

  // Fills `items` from those that are not taken.
  void Race(RandomStream& stream, std::span<std::int32_t> items) {
    if (items.empty()) return;
    race_.clear();
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (taken_[i]) continue;
      const double log_weight =
          world_.LogPopularity(i) + Affinity(static_cast<std::size_t>(world_.topics_[i]));
      race_.emplace_back(std::log(-std::log(PreciseUniform(stream))) - log_weight,
                         static_cast<std::int32_t>(i));
    }
    const auto end = race_.begin() + static_cast<std::ptrdiff_t>(items.size());
    std::nth_element(race_.begin(), end - 1, race_.end());
    std::transform(race_.begin(), end, items.begin(),
                   [](const auto& entry) { return entry.second; });
  }

  const SyntheticWorld& world_;
  std::vector<float> taste_;
  std::vector<double> topic_end_;  // sums of the topics' weights for this user
  std::vector<bool> taken_;        // all false between users
  std::vector<std::pair<double, std::int32_t>> race_;
};

OwnedInteractions SyntheticWorld::Draw(const Parallel& parallel) const {
  OwnedInteractions all{Offsets(parallel), std::vector<std::int32_t>(options_.interactions)};
  parallel.ForRanges(options_.users, kUsersATask, [&](std::size_t begin, std::size_t end) {
    UserDraw draw(*this);
    for (std::size_t u = begin; u < end; ++u) {
      const auto first = static_cast<std::size_t>(all.offsets[u]);
      const auto last = static_cast<std::size_t>(all.offsets[u + 1]);
      draw.Draw(u, std::span(all.items).subspan(first, last - first));
    }
  });
  return all;
}

void SyntheticWorld::WriteTruth(const std::string& path, const Parallel& parallel) const {
  Matrix<float> tastes(options_.users, options_.latent_width);
  std::vector<double> popularities(options_.items);
  parallel.ForRanges(options_.users, kUsersATask, [&](std::size_t begin, std::size_t end) {
    for (std::size_t u = begin; u < end; ++u) Taste(u, {tastes.row(u), tastes.cols()});
  });
  for (std::size_t i = 0; i < popularities.size(); ++i) popularities[i] = LogPopularity(i);
  SafetensorsWriter writer("truth");
  writer.SetMetadata("synthetic.strength", fmt::format("{}", options_.strength));
  writer.Add("user_taste", MatrixView<const float>(tastes));
  writer.Add("item_topic", std::span<const std::int32_t>(topics_));
  writer.Add("item_log_popularity", std::span<const double>(popularities));
  writer.Write(path);
}

namespace {

Ids NumbersAsIds(std::size_t count) {
  std::vector<std::string> ids(count);
  for (std::size_t i = 0; i < count; ++i) ids[i] = std::to_string(i);
  return Ids(ids);
}

void AddSettings(const SyntheticOptions& options, Metadata& metadata) {
  const auto add = [&](const char* name, const auto& value) {
    metadata[fmt::format("synthetic.{}", name)] = fmt::format("{}", value);
  };
  add("users", options.users);
  add("items", options.items);
  add("interactions", options.interactions);
  add("latent_width", options.latent_width);
  add("item_exponent", options.item_exponent);
  add("activity_spread", options.activity_spread);
  add("strength", options.strength);
  add("least", options.least);
  add("seed", options.seed);
}

}  // namespace

DatasetContents MakeSyntheticDataset(const SyntheticWorld& world, const HoldOutOptions& hold_out,
                                     const Parallel& parallel) {
  CheckHoldOut(hold_out);
  DatasetContents contents;
  contents.user_ids = NumbersAsIds(world.options().users);
  contents.item_ids = NumbersAsIds(world.options().items);
  AddSettings(world.options(), contents.metadata);
  const SplitOptions options = SplitOptionsOf(hold_out);
  Splits splits = SplitAtRandom(world.Draw(parallel).view(), contents.user_ids, options, parallel);
  AddSplits(std::move(splits), hold_out, parallel, contents);
  return contents;
}

void WriteInteractions(const Interactions& interactions, const std::string& path) {
  OutputFile file(path);
  std::array<char, 32> line{};
  for (std::size_t u = 0; u < interactions.users(); ++u) {
    char* const tab = std::to_chars(line.data(), line.data() + line.size(), u).ptr;
    *tab = '\t';
    for (const std::int32_t item : interactions.Of(u)) {
      char* const end = std::to_chars(tab + 1, line.data() + line.size() - 1, item).ptr;
      *end = '\n';
      file.Write(std::string_view(line.data(), end + 1));
    }
  }
  file.Commit();
}

}  // namespace derrd
