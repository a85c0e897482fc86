#include "derrd/cli/method.h"

namespace derrd::cli {

std::string_view Name(TeacherNeed need) {
  switch (need) {
    case TeacherNeed::kNothing:
      return "nothing";
    case TeacherNeed::kRepresentations:
      return "representations";
    case TeacherNeed::kRankings:
      return "rankings";
    case TeacherNeed::kScores:
      return "scores";
    case TeacherNeed::kRankingsAlongTraining:
      return "rankings along its training";
  }
  return "";
}

// Whatever answers as a Model scores and ranks. One that has no latent space says so by its width.
std::string Method::Lacks(const Model& teacher) const {
  const TeacherNeed need = info().need;
  if (need == TeacherNeed::kRepresentations && teacher.representation_width() == 0) {
    return "has no representations; choose another of either";
  }
  if (need == TeacherNeed::kRankingsAlongTraining) {
    return "holds one state of its training alone; choose another of either";
  }
  return "";
}

}  // namespace derrd::cli
