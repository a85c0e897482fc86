// Making a teacher of what another program left behind.
#ifndef DERRD_CLI_IMPORTED_TEACHER_H_
#define DERRD_CLI_IMPORTED_TEACHER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/models/model.h"

namespace derrd::cli {

struct TeacherSource {
  std::string user_ids, item_ids;  // files; empty: as the data set numbers them
  // Embeddings:
  std::string user_embeddings, item_embeddings;
  std::string user_tensor, item_tensor;  // of .safetensors files
  std::string item_biases, bias_tensor;
  std::optional<std::string> score;  // "dot" unless given
  // Or rankings:
  std::string rankings, ranking_scores;

  std::string Score() const { return score.value_or("dot"); }
  std::vector<std::string> Files() const;
};

struct ImportedTeacher {
  std::unique_ptr<Model> model;
  std::size_t left_out_users = 0, left_out_items = 0;  // that the data set does not have
  std::vector<std::string> notes;                      // what was left out, in words
  const char* order = "";  // of rankings: "score", "rank" or "place" (in the file)
};

// UsageError when it is neither embeddings nor rankings, or both, or when flags do not belong
// together.
void CheckUsage(const TeacherSource& source);

// A teacher with the data set's users and items in its order: kind "bpr-mf" of rows whose products
// are the scores (with biases a number longer), "representations" of rows without scores, or
// "rankings". Error that names file, row and remedy for whatever does not fit.
ImportedTeacher MakeTeacher(const TeacherSource& source, const Dataset& dataset);

}  // namespace derrd::cli

#endif  // DERRD_CLI_IMPORTED_TEACHER_H_
