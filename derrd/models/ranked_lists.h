// A teacher that is nothing but rankings: of each user some items, best first.
#ifndef DERRD_MODELS_RANKED_LISTS_H_
#define DERRD_MODELS_RANKED_LISTS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "derrd/models/unscored.h"

namespace derrd {

// Has no representations, and scores of what it lists at most. Of what a user's list does not hold
// it says only that it stands below what the list holds. Immutable.
class RankedLists : public Unscored {
 public:
  static constexpr std::string_view kKind = "rankings";

  // In compressed sparse rows: offsets are users + 1 ascending numbers, the first is 0; items lie
  // in [0, item_count) and are distinct within a user; scores are none at all, or one an item,
  // finite and never rising within a user.
  RankedLists(std::vector<std::int64_t> offsets, std::vector<std::int32_t> items,
              std::vector<float> scores, std::size_t item_count);
  static std::unique_ptr<RankedLists> FromFile(const SafetensorsFile& file);

  std::span<const std::int32_t> Of(std::size_t user) const {
    return std::span(items_).subspan(Begin(user), Begin(user + 1) - Begin(user));
  }
  bool is_scored() const { return !scores_.empty(); }
  // The score of the item at a place of a user's list. Without scores it is -1 for the first, -2
  // for the second and so on.
  float ScoreAt(std::size_t user, std::size_t place) const {
    return is_scored() ? scores_[Begin(user) + place] : -1.0f - static_cast<float>(place);
  }

  const RankedLists* lists() const override { return this; }
  std::string_view kind() const override { return kKind; }
  std::size_t users() const override { return offsets_.size() - 1; }
  std::size_t items() const override { return item_count_; }
  std::size_t parameters() const override { return items_.size() + scores_.size(); }
  std::size_t representation_width() const override { return 0; }
  void Representations(Side, std::span<const std::int32_t>, MatrixView<float>) const override;
  void AddTo(SafetensorsWriter& writer) const override;

 private:
  std::size_t Begin(std::size_t user) const { return static_cast<std::size_t>(offsets_[user]); }

  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> items_;
  std::vector<float> scores_;
  std::size_t item_count_;
  std::int64_t stored_item_count_;  // as the file holds it
};

}  // namespace derrd

#endif  // DERRD_MODELS_RANKED_LISTS_H_
