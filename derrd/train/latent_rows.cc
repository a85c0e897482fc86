#include "derrd/train/latent_rows.h"

namespace derrd {
namespace {

constexpr std::size_t kGatherGrain = 64;  // rows a task gathers

}  // namespace

void LatentRows::Gather(std::span<const Part> parts, const TrainableModel& student,
                        const Model& teacher, const Parallel& parallel) {
  parts_.assign(parts.begin(), parts.end());
  std::size_t rows = 0;
  for (const Part& part : parts_) rows += part.entities.size();
  student_.Reshape(rows, student.representation_width());
  student_gradient_.Reshape(rows, student.representation_width());
  teacher_.Reshape(rows, teacher.representation_width());
  std::size_t first = 0;
  for (const Part& part : parts_) {
    parallel.ForRanges(part.entities.size(), kGatherGrain, [&](std::size_t begin, std::size_t end) {
      const auto entities = part.entities.subspan(begin, end - begin);
      student.Representations(part.side, entities,
                              student_.view().Rows(first + begin, first + end));
      teacher.Representations(part.side, entities,
                              teacher_.view().Rows(first + begin, first + end));
    });
    first += part.entities.size();
  }
}

void LatentRows::AddGradients(TrainableModel& student) const {
  std::size_t first = 0;
  for (const Part& part : parts_) {
    const std::size_t end = first + part.entities.size();
    student.AddRepresentationGradients(part.side, part.entities,
                                       student_gradient_.view().Rows(first, end));
    first = end;
  }
}

}  // namespace derrd
