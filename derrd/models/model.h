// What a model is to everybody who only asks it: evaluation, recommendation, distillation from it.
#ifndef DERRD_MODELS_MODEL_H_
#define DERRD_MODELS_MODEL_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "derrd/core/ids.h"
#include "derrd/core/matrix.h"
#include "derrd/core/parameter.h"
#include "derrd/core/safetensors.h"

namespace derrd {

// Rows of every user and every item, of the same width.
struct FactorView {
  MatrixView<const float> user, item;
};

class RankedLists;

// Turns users and items into scores and representations. Knows no loss and no data set. The const
// functions may be called by several threads at once.
class Model {
 public:
  virtual ~Model() = default;

  virtual std::string_view kind() const = 0;  // as in files and flags: "bpr-mf"
  virtual std::size_t users() const = 0;
  virtual std::size_t items() const = 0;
  virtual std::size_t parameters() const = 0;  // how many numbers it has learned

  // Width of a representation: a user's or an item's row of the model's latent space.
  virtual std::size_t representation_width() const = 0;
  // out: entities.size() x representation_width().
  virtual void Representations(Side side, std::span<const std::int32_t> entities,
                               MatrixView<float> out) const = 0;

  // The rows whose inner products the scores are; none where scores are made otherwise.
  virtual std::optional<FactorView> factors() const { return std::nullopt; }

  // Whether it has a score for any user and item. What makes scores throws an Error in a model that
  // has none.
  virtual bool has_scores() const { return true; }
  // What it ranks by where it has no scores; none for a model whose rankings follow from its
  // scores, or that has neither.
  virtual const RankedLists* lists() const { return nullptr; }

  // Scores of every item for each of the users; out: users.size() x items().
  virtual void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const = 0;
  // Scores of some items for one user; out: items.size() numbers.
  virtual void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                          std::span<float> out) const = 0;
  // Scores of every item for somebody unknown to the model who liked the given items (at least
  // one); out: items() numbers. Cost: a pass over the items; factors form items x width^2 products
  // for it, each time (FoldIn keeps what they come to).
  virtual void ScoreAllItemsForLiked(std::span<const std::int32_t> liked,
                                     std::span<float> out) const = 0;

  // Adds the model's tensors; the model must live until the writer has written.
  virtual void AddTo(SafetensorsWriter& writer) const = 0;
};

// Keys of ModelFile::config that others than its writer read.
namespace config_keys {
inline constexpr const char* kDataset = "dataset";       // Dataset::fingerprint() of the training's
inline constexpr const char* kTeacher = "teacher";       // Fingerprint() of the teacher's file
inline constexpr const char* kBestEpoch = "best_epoch";  // from 0, of what was kept in the end
inline constexpr const char* kKeptEpoch = "kept_epoch";  // from 0, of what was kept on the way
}  // namespace config_keys

// A model with all that its file holds: who its users and items are, how it was trained, and how
// well it did. Holds no time, path, thread count: the same training writes the same bytes.
struct ModelFile {
  std::unique_ptr<Model> model;
  Ids user_ids, item_ids, item_names;
  nlohmann::ordered_json config =
      nlohmann::ordered_json::object();  // method, seed and every hyper-parameter
  nlohmann::ordered_json metrics =
      nlohmann::ordered_json::object();  // validation metrics of the kept epoch

  static ModelFile Open(const std::string& path);  // Error when it is not a whole model of ours
  // The same for whoever asks the model and does not train it further: the tables of a factor model
  // are not copied and stay in the mapped file.
  static ModelFile OpenToAsk(const std::string& path);
  void Write(const std::string& path) const;
};

}  // namespace derrd

#endif  // DERRD_MODELS_MODEL_H_
