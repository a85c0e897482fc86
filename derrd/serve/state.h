// The models that answer, and how they are exchanged while answers are given.
#ifndef DERRD_SERVE_STATE_H_
#define DERRD_SERVE_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "derrd/serve/recommender.h"

namespace derrd::serve {

struct ModelPaths {
  std::string student;
  std::string teacher;  // empty: none
  std::string dataset;  // empty: nothing is known of what users have seen, and of items
  Precision precision = Precision::kFloat32;
};

// One set of models. Immutable; an answer is made from one of them alone.
struct State {
  std::shared_ptr<const Recommender> student, teacher;  // the teacher may be missing
  // Whether they can answer somebody new who likes some items.
  bool student_answers_new = true, teacher_answers_new = true;
  std::string fingerprint;  // of the student's file
  std::string facts;        // the answer of GET /v1/model
};

// Opens private copies of the files. Error when one is not what it should be, or when they speak of
// different users and items.
std::shared_ptr<const State> LoadState(const ModelPaths& paths);

// The state of the moment. Threads read it through a Reader each, which costs one load of a number;
// nobody waits for a publication but who reads the first time after it.
class CurrentState {
 public:
  explicit CurrentState(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  void Publish(std::shared_ptr<const State> state);

  class Reader {
   public:
    explicit Reader(const CurrentState& current) : current_(current) {}

    // The state of the moment, which lives until the next call of this reader.
    const State& Get();

   private:
    const CurrentState& current_;
    std::uint64_t version_ = 0;
    std::shared_ptr<const State> state_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const State> state_;      // by mutex_
  std::atomic<std::uint64_t> version_ = 1;  // changes with state_
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_STATE_H_
