// Models that change on the disk while the server runs.
#ifndef DERRD_SERVE_RELOADER_H_
#define DERRD_SERVE_RELOADER_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "derrd/serve/service.h"

namespace derrd::serve {

// Watches the files on a thread of its own and publishes what they hold. A file that has changed is
// loaded once it has stayed the same for one more look, so that one that is still being written is
// not. A file that is broken changes nothing but a metric and a line of the log.
class Reloader {
 public:
  // every: how often to look; 0 looks only when told. service must outlive this object.
  Reloader(Service& service, ModelPaths paths, std::chrono::milliseconds every);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Loads the files now, changed or not. Returns at once.
  void Request();

 private:
  void Run();
  void Look(bool requested);
  void Load();
  std::string Signature() const;

  Service& service_;
  const ModelPaths paths_;
  const std::chrono::milliseconds every_;
  std::string tried_;  // what the files were when they were last loaded, or could not be
  std::string seen_;   // at the last look
  std::mutex mutex_;
  std::condition_variable wake_;
  bool requested_ = false, stop_ = false;  // by mutex_
  std::thread thread_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_RELOADER_H_
