#include "derrd/models/representations_only.h"

#include "derrd/models/factors.h"

namespace derrd {

std::unique_ptr<RepresentationsOnly> RepresentationsOnly::FromFile(const SafetensorsFile& file) {
  const FactorView rows = ReadFactors(file);
  return std::make_unique<RepresentationsOnly>(CopyOf(rows.user), CopyOf(rows.item));
}

void RepresentationsOnly::Representations(Side side, std::span<const std::int32_t> entities,
                                          MatrixView<float> out) const {
  CopyRepresentations(side == Side::kUser ? user_ : item_, entities, out);
}

void RepresentationsOnly::AddTo(SafetensorsWriter& writer) const {
  AddFactorsTo({user_, item_}, writer);
}

}  // namespace derrd
