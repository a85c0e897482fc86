#include "derrd/serve/reloader.h"

#include <sys/stat.h>

#include <exception>
#include <utility>

#include "derrd/serve/access_log.h"
#include "derrd/serve/json_text.h"

namespace derrd::serve {

Reloader::Reloader(Service& service, ModelPaths paths, std::chrono::milliseconds every)
    : service_(service), paths_(std::move(paths)), every_(every) {
  tried_ = seen_ = Signature();
  thread_ = std::thread([this] { Run(); });
}

Reloader::~Reloader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Reloader::Request() {
  {
    const std::lock_guard lock(mutex_);
    requested_ = true;
  }
  wake_.notify_one();
}

void Reloader::Run() {
  const auto called = [this] { return stop_ || requested_; };
  std::unique_lock lock(mutex_);
  while (true) {
    if (every_.count() == 0) {
      wake_.wait(lock, called);
    } else {
      wake_.wait_for(lock, every_, called);
    }
    if (stop_) return;
    const bool requested = std::exchange(requested_, false);
    lock.unlock();
    Look(requested);
    lock.lock();
  }
}

void Reloader::Look(bool requested) {
  const std::string now = Signature();
  const bool rests = now == std::exchange(seen_, now);
  if (!requested && (now == tried_ || !rests)) return;
  tried_ = now;
  Load();
}

void Reloader::Load() {
  try {
    const auto state = LoadState(paths_);
    service_.state.Publish(state);
    service_.metrics.reloads.fetch_add(1);
    service_.metrics.last_reload_failed = false;
    LogEvent("reloaded", {{"model", paths_.student}, {"fingerprint", state->fingerprint}});
  } catch (const std::exception& error) {
    service_.metrics.failed_reloads.fetch_add(1);
    service_.metrics.last_reload_failed = true;
    LogEvent("reload_failed",
             {{"message", error.what()}, {"consequence", "the models from before go on serving"}});
  }
}

// Another text whenever a file is replaced or written to.
std::string Reloader::Signature() const {
  std::string text;
  for (const std::string* path : {&paths_.student, &paths_.teacher, &paths_.dataset}) {
    struct stat status {};
    if (path->empty() || ::stat(path->c_str(), &status) != 0) {
      text += "- ";
      continue;
    }
    Append(text, "{}:{}:{}:{}.{} ", status.st_dev, status.st_ino, status.st_size,
           status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return text;
}

}  // namespace derrd::serve
