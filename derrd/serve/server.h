// The server: listens, hands connections to its threads, and obeys signals.
#ifndef DERRD_SERVE_SERVER_H_
#define DERRD_SERVE_SERVER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "derrd/serve/service.h"
#include "derrd/serve/worker.h"

namespace derrd::serve {

struct ServerOptions {
  ModelPaths paths;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any that is free
  std::size_t threads = 1;
  std::size_t connections = 1024;  // the most at a time
  RequestLimits request_limits;
  ConnectionLimits connection_limits;
  std::chrono::milliseconds look_every{2000};  // at the files; 0: only on SIGHUP
  std::string token_path;                      // empty: everybody may ask
  std::string certificate_path, key_path;      // empty: no TLS
  std::string access_log_path;                 // empty: none; "-": standard output
};

class Server {
 public:
  // Opens the models and everything else that is named, and listens last: Error or UsageError when
  // something is wrong, before anybody could connect.
  explicit Server(const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url() const;  // "http://127.0.0.1:8080/"
  std::uint16_t port() const;

  // Serves until SIGTERM or SIGINT and the end of what had begun by then; a second one ends all at
  // once. SIGHUP loads the models again and opens the access log anew.
  void Run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_SERVER_H_
