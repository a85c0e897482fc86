#include "derrd/train/ftd_term.h"

namespace derrd {

FtdTerm::FtdTerm(const Model& teacher, const FtdTermOptions& options)
    : teacher_(&teacher), options_(options), entities_(teacher.items()) {}

double FtdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  rows_.Gather(entities_.Of(batch), student, *teacher_, parallel);
  const double loss =
      loss_.Compute(rows_.student(), rows_.teacher(), static_cast<float>(options_.weight),
                    rows_.student_gradient(), parallel);
  rows_.AddGradients(student);
  return loss;
}

}  // namespace derrd
