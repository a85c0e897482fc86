// The whole way from a file of interactions to recommendations by a distilled student, with derrd
// as a library: embed INTERACTIONS.csv USER. Prints the student's best three items for the user.
#include <derrd/core/error.h>
#include <derrd/core/parallel.h>
#include <derrd/data/dataset.h>
#include <derrd/data/import.h>
#include <derrd/eval/evaluator.h>
#include <derrd/eval/rankings.h>
#include <derrd/eval/top_k.h>
#include <derrd/models/bpr_mf.h>
#include <derrd/train/bpr_term.h>
#include <derrd/train/de_term.h>
#include <derrd/train/rrd_term.h>
#include <derrd/train/trainer.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

derrd::Dataset ImportCsv(const std::string& path) {
  derrd::ImportOptions options;
  options.files = {path};
  options.negatives = 20;
  derrd::Import(options, path + ".derrd");
  return derrd::Dataset::Open(path + ".derrd");
}

// Trains for a few epochs: the data of an example is small.
std::unique_ptr<derrd::Model> TrainBriefly(derrd::BprMf model, const derrd::Dataset& dataset,
                                           std::vector<std::unique_ptr<derrd::Term>> distillation,
                                           const derrd::Parallel& parallel) {
  std::vector<std::unique_ptr<derrd::Term>> terms = std::move(distillation);
  terms.push_back(std::make_unique<derrd::BprTerm>());
  derrd::TrainOptions options;
  options.epochs = 30;
  options.batch_size = 64;
  options.optimizer.learning_rate = 0.01;
  return derrd::Train(model, dataset, terms, options, parallel).model;
}

std::vector<std::unique_ptr<derrd::Term>> DeRrd(const derrd::Model& teacher, std::size_t width,
                                                const derrd::Dataset& dataset,
                                                const derrd::Parallel& parallel) {
  derrd::DeTermOptions de;
  de.experts = 4;
  derrd::RelaxedListOptions rrd;
  rrd.interesting = rrd.uninteresting = 5;
  rrd.top = 20;
  std::vector<std::unique_ptr<derrd::Term>> terms;
  terms.push_back(std::make_unique<derrd::DeTerm>(teacher, width, de, /*seed=*/0));
  terms.push_back(std::make_unique<derrd::RrdTerm>(
      dataset, derrd::RankUnobserved(teacher, dataset, rrd.top, parallel), rrd, /*seed=*/0));
  return terms;
}

void Run(const std::string& path, const std::string& user) {
  const derrd::Parallel parallel;
  const derrd::Dataset dataset = ImportCsv(path);
  const auto index = dataset.user_ids().Find(user);
  if (!index) derrd::Fail("{}: has no user '{}'", path, user);

  const std::size_t users = dataset.users(), items = dataset.items();
  const auto teacher = TrainBriefly({users, items, 16, /*seed=*/0}, dataset, {}, parallel);
  const auto student = TrainBriefly({users, items, 4, /*seed=*/0}, dataset,
                                    DeRrd(*teacher, 4, dataset, parallel), parallel);
  for (const auto* model : {teacher.get(), student.get()}) {
    const derrd::Metrics test = derrd::Evaluate(*model, dataset, derrd::Split::kTest, parallel);
    std::fprintf(stderr, "%zu numbers: test HR@5 %.3f\n", model->parameters(), test.At("HR@5"));
  }
  const std::vector<std::int32_t> asked{*index};
  derrd::ForEachTopK(*student, asked, dataset.train(), 3, {dataset.user_ids(), dataset.item_ids()},
                     parallel, [&](std::int32_t, std::span<const derrd::ScoredItem> best) {
                       for (const auto& [item, score] : best) {
                         const std::string id(dataset.item_ids()[static_cast<std::size_t>(item)]);
                         std::printf("%s\t%s\t%.3f\n", user.c_str(), id.c_str(), score);
                       }
                     });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s INTERACTIONS.csv USER\n", argv[0]);
    return 2;
  }
  try {
    Run(argv[1], argv[2]);
  } catch (const derrd::Error& error) {
    std::fprintf(stderr, "embed: %s\n", error.what());
    return 1;
  }
}
