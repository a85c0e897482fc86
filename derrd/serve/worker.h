// One thread of the server with the connections that live on it.
#ifndef DERRD_SERVE_WORKER_H_
#define DERRD_SERVE_WORKER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "derrd/serve/access_log.h"
#include "derrd/serve/router.h"
#include "derrd/serve/service.h"

namespace derrd::serve {

using Clock = std::chrono::steady_clock;

// What a connection may cost.
struct ConnectionLimits {
  std::size_t header = 16u << 10;  // bytes of a request's header
  std::size_t body = 1u << 20;     // bytes of a request's body
  // From a request's first byte to its last, and for an answer to be taken.
  std::chrono::milliseconds request{10000};
  std::chrono::milliseconds idle{60000};   // between requests
  std::chrono::milliseconds drain{30000};  // for all connections, once the server goes down
};

// A connection. Lives on its worker's thread.
class Session {
 public:
  virtual ~Session() = default;

  // Looks whether what the other side was to do is overdue. Called some times a second.
  virtual void Check(Clock::time_point now) = 0;
  virtual void Close() = 0;  // at once
};

// Everything but the constructor, Run() and what says otherwise is for the worker's own thread.
class Worker {
 public:
  // tls, log: may be null; everything is to outlive the worker.
  Worker(Service& service, std::size_t number, const ConnectionLimits& limits,
         boost::asio::ssl::context* tls, AccessLog* log);

  // Serves until it has been told to drain and no connection of any worker is left.
  void Run() { context_.run(); }
  // Called on its thread when it has drained; to be set before Run().
  void WhenDrained(std::function<void()> call) { when_drained_ = std::move(call); }
  void Drain();     // from any thread: finish what has begun and take nothing new
  void CloseAll();  // from any thread: end at once
  // A connection that was accepted for this worker's context. From any thread.
  void Adopt(boost::asio::ip::tcp::socket socket);

  // Appends the answer to a request; whether the connection goes on after it.
  bool Answer(const HttpRequest& request, std::string_view client, std::string& out);
  // Appends the answer to what is no whole request; the connection ends after it.
  void Refuse(const HttpError& error, const HttpRequest& request, std::string_view client,
              std::string& out);

  boost::asio::io_context& context() { return context_; }
  const ConnectionLimits& limits() const { return limits_; }
  bool draining() const { return draining_; }

  void Add(Session* session);
  void Remove(Session* session);

 private:
  void StartTicking();
  void Tick();
  void Log(const HttpRequest& request, std::string_view client, double microseconds);
  void FlushLog();

  Service& service_;
  const std::size_t number_;
  const ConnectionLimits limits_;
  boost::asio::ssl::context* const tls_;
  AccessLog* const log_;

  std::unordered_set<Session*> sessions_;  // before the context, whose end ends the last of them
  bool draining_ = false;
  bool ticking_ = false;
  Clock::time_point drain_end_{};
  boost::asio::io_context context_{1};
  boost::asio::steady_timer timer_{context_};

  std::function<void()> when_drained_;

  Router router_;
  HttpReply reply_;
  std::string date_;       // as in the Date header, renewed by ticks
  std::string log_lines_;  // not handed to the log yet
};

// Starts to serve a connection, encrypted where tls is given. It owns itself.
void StartSession(Worker& worker, boost::asio::ip::tcp::socket socket,
                  boost::asio::ssl::context* tls);

}  // namespace derrd::serve

#endif  // DERRD_SERVE_WORKER_H_
