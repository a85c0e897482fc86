// The representations that a term compares in a step: the student's beside the teacher's.
#ifndef DERRD_TRAIN_LATENT_ROWS_H_
#define DERRD_TRAIN_LATENT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/models/model.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

// Rows of several lists of entities, one list after the other. Keeps its memory from step to step.
class LatentRows {
 public:
  // Distinct entities of one side; they must stay as they are until the student's Backward.
  struct Part {
    Side side;
    std::span<const std::int32_t> entities;
  };

  // O(rows (dS + dT)).
  void Gather(std::span<const Part> parts, const TrainableModel& student, const Model& teacher,
              const Parallel& parallel);
  std::size_t rows() const { return student_.rows(); }
  MatrixView<const float> student() const { return student_; }
  MatrixView<const float> teacher() const { return teacher_; }

  // To be filled with the loss's gradient with respect to the student's rows.
  MatrixView<float> student_gradient() { return student_gradient_; }
  // Hands it to the student.
  void AddGradients(TrainableModel& student) const;

 private:
  std::vector<Part> parts_;
  Matrix<float> student_, teacher_, student_gradient_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_LATENT_ROWS_H_
