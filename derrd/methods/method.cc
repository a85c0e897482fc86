#include "derrd/methods/method.h"

namespace derrd {

std::string_view Name(TeacherNeed need) {
  switch (need) {
    case TeacherNeed::kNothing:
      return "nothing";
    case TeacherNeed::kRepresentations:
      return "representations";
    case TeacherNeed::kFactors:
      return "rows whose products are its scores";
    case TeacherNeed::kRankings:
      return "rankings";
    case TeacherNeed::kScores:
      return "scores";
    case TeacherNeed::kRankingsAlongTraining:
      return "rankings along its training";
  }
  return "";
}

// One that has no latent space says so by its width.
std::string Method::Lacks(const Model& teacher) const {
  const TeacherNeed need = info().need;
  if (need == TeacherNeed::kRepresentations && teacher.representation_width() == 0) {
    return "has no representations; choose another of either";
  }
  if (need == TeacherNeed::kScores && !teacher.has_scores()) {
    return "has no score for any user and item; choose another of either";
  }
  if (need == TeacherNeed::kRankings && !teacher.has_scores() && teacher.lists() == nullptr) {
    return "has neither rankings nor scores to rank by; choose another of either";
  }
  return "";
}

std::string LacksItemSide(const Model& teacher, const std::string& or_else) {
  if (teacher.has_scores()) return "";
  return "has no score for any user and item, and so no ranking of an item's users; choose another "
         "of either" +
         or_else;
}

}  // namespace derrd
