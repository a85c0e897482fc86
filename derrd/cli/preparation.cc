#include "derrd/cli/preparation.h"

#include "derrd/cli/command.h"

namespace derrd::cli {

Preparation::Preparation()
    : listener_{
          .note = Note,
          .progress = [this](const std::string& work, const std::string& unit, std::size_t done,
                             std::size_t all) { Update(work, unit, done, all); },
          .finished = [this](const std::string& result) { Finish(result); }} {}

Preparation::~Preparation() { Finish(""); }

void Preparation::Update(const std::string& work, const std::string& unit, std::size_t done,
                         std::size_t all) {
  if (!progress_) progress_.emplace(work, all, unit);
  progress_->Update(done_ = done);
}

void Preparation::Finish(const std::string& result) {
  if (progress_) progress_->Finish(done_, result);
  progress_.reset();
}

}  // namespace derrd::cli
