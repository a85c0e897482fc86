// Interactions drawn from a known law, of any size: to measure speed at sizes that no public data
// has, and to judge models by what generated the data.
//
// The law. Item i has a popularity p_i = r_i^-a, where the ranks r_i = 1, 2, ... are a random
// permutation of the items, and one of K topics z_i, drawn uniformly. User u has a taste x_u of K
// standard normal numbers. A user's items are drawn one after the other, without replacement, with
//   P(i | u) proportional to p_i exp(s x_u[z_i])
// so the log-odds of a user and an item are log p_i + s x_u . e(z_i): the item's latent vector is
// the unit vector of its topic, and an embedding of width K (and a bias an item) can hold all of
// it. How many items a user draws is min(items, least + floor(c exp(d g_u))), with g_u standard
// normal and c such that the sum is the number of interactions that was asked for (c is found to
// within one interaction a user; the few that are then missing go to the first users that have
// room).
//
// The draws are exact, and cost O(log K) each: a topic with probability proportional to
// exp(s x_u[z]) sum_{i in z} p_i, then an item of the topic from its alias table (Walker, ACM TOMS
// 1977; built as Vose, IEEE TSE 1991), and again where the user has the item. A user who has drawn
// such repetitions as often as there are items takes what is left by the exponential race, which
// draws without replacement from the same law (the smallest E_i / w_i first, E_i standard
// exponential): O(items), once.
//
// Every draw is a function of (seed, role, entity).
#ifndef DERRD_DATA_SYNTHETIC_H_
#define DERRD_DATA_SYNTHETIC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/core/random.h"
#include "derrd/data/dataset.h"
#include "derrd/data/hold_out.h"

namespace derrd {

struct SyntheticOptions {
  std::size_t users = 10'000;
  std::size_t items = 5'000;
  std::uint64_t interactions = 500'000;
  std::size_t latent_width = 16;  // K: topics, 1 to 4096
  double item_exponent = 1;       // a, 0 to 10; 0: every item is as popular
  double activity_spread = 1;     // d, 0 to 5; 0: every user is as active
  double strength = 2;            // s, 0 to 100; 0: taste does not matter
  std::size_t least = 3;          // interactions that every user has at least
  std::uint64_t seed = 0;
};

// The law, and draws from it. Immutable; threads may share it. 16 bytes an item.
class SyntheticWorld {
 public:
  // UsageError for numbers out of range, or when there are more or fewer interactions than such
  // users can have. O(items).
  explicit SyntheticWorld(const SyntheticOptions& options);

  const SyntheticOptions& options() const { return options_; }
  std::int32_t Topic(std::size_t item) const { return topics_[item]; }
  double LogPopularity(std::size_t item) const;                // log p_i
  void Taste(std::size_t user, std::span<float> taste) const;  // x_u, of K numbers

  // All interactions. 4 bytes each and 16 a user.
  OwnedInteractions Draw(const Parallel& parallel) const;

  // Writes a safetensors file of "user_taste" (users x K, F32), "item_topic" (items, I32) and
  // "item_log_popularity" (items, F64), with "synthetic.strength" in the metadata.
  void WriteTruth(const std::string& path, const Parallel& parallel) const;

 private:
  struct Slot {  // of an alias table: `item` if 32 random bits are below the threshold
    std::uint32_t threshold;
    std::int32_t item, alias;
  };
  class UserDraw;

  void BuildTable(std::size_t topic, std::span<const std::int32_t> members);
  std::vector<std::int64_t> Offsets(const Parallel& parallel) const;

  SyntheticOptions options_;
  RandomPermutation ranks_;
  std::vector<std::int32_t> topics_;  // of each item
  std::vector<std::size_t>
      topic_begin_;  // topic z has slots [topic_begin_[z], topic_begin_[z + 1])
  std::vector<double> topic_log_weights_;  // the logarithm of the sum of p_i
  std::vector<Slot> slots_;
};

// A data set of such interactions; ids are the numbers of users and items.
DatasetContents MakeSyntheticDataset(const SyntheticWorld& world, const HoldOutOptions& hold_out,
                                     const Parallel& parallel);

// A line "user<TAB>item" for each, user after user; whole or not at all.
void WriteInteractions(const Interactions& interactions, const std::string& path);

}  // namespace derrd

#endif  // DERRD_DATA_SYNTHETIC_H_
