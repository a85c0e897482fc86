// A teacher that is nothing but representations: rows whose products are no scores, say text
// embeddings of items beside users' rows of another origin.
#ifndef DERRD_MODELS_REPRESENTATIONS_ONLY_H_
#define DERRD_MODELS_REPRESENTATIONS_ONLY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "derrd/models/unscored.h"

namespace derrd {

class RepresentationsOnly : public Unscored {
 public:
  static constexpr std::string_view kKind = "representations";

  // Both of the same width; where they differ by origin, the narrower is filled up with zeros.
  RepresentationsOnly(Matrix<float> user_rows, Matrix<float> item_rows)
      : user_(std::move(user_rows)), item_(std::move(item_rows)) {}
  static std::unique_ptr<RepresentationsOnly> FromFile(const SafetensorsFile& file);

  std::string_view kind() const override { return kKind; }
  std::size_t users() const override { return user_.rows(); }
  std::size_t items() const override { return item_.rows(); }
  std::size_t parameters() const override { return user_.size() + item_.size(); }
  std::size_t representation_width() const override { return user_.cols(); }
  void Representations(Side side, std::span<const std::int32_t> entities,
                       MatrixView<float> out) const override;
  void AddTo(SafetensorsWriter& writer) const override;

 private:
  Matrix<float> user_, item_;
};

}  // namespace derrd

#endif  // DERRD_MODELS_REPRESENTATIONS_ONLY_H_
