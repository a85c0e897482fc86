#include "derrd/serve/server.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "derrd/serve/bearer_token.h"
#include "derrd/serve/reloader.h"
#include "derrd/serve/tls.h"

namespace derrd::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

tcp::endpoint EndpointOf(const ServerOptions& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    Fail<UsageError>("--address {}: is no IP address; give 127.0.0.1, ::1, 0.0.0.0 or the like",
                     options.address);
  }
  return {address, options.port};
}

std::string Text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

tcp::acceptor Listen(asio::io_context& context, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(context);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    Fail("{}: cannot listen: {}; give another --address or --port, or end what listens there",
         Text(endpoint), error.message());
  }
  return acceptor;
}

}  // namespace

struct Server::Impl {
  explicit Impl(const ServerOptions& given)
      : options(given),
        endpoint(EndpointOf(given)),
        service(LoadState(given.paths), given.threads) {
    service.limits = options.request_limits;
    if (!options.token_path.empty()) service.token = ReadToken(options.token_path);
    if (!options.certificate_path.empty()) {
      tls.emplace(MakeTls(options.certificate_path, options.key_path));
    }
    if (!options.access_log_path.empty()) log.emplace(options.access_log_path);
    for (std::size_t i = 0; i < options.threads; ++i) {
      workers.push_back(std::make_unique<Worker>(service, i, options.connection_limits,
                                                 tls ? &*tls : nullptr, log ? &*log : nullptr));
    }
    asio::io_context& context = workers.front()->context();
    signals.emplace(context, SIGTERM, SIGINT, SIGHUP);
    pause.emplace(context);
    acceptor.emplace(Listen(context, endpoint));
    endpoint = acceptor->local_endpoint();
    reloader.emplace(service, options.paths, options.look_every);
  }

  void AwaitSignal() {
    signals->async_wait([this](const error_code& error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reloader->Request();
        if (log) log->Reopen();
      } else {
        End();
      }
      if (!ended) AwaitSignal();
    });
  }

  void End() {
    ended = service.draining;  // the second time
    LogEvent(ended ? "ending" : "draining");
    service.draining = true;
    if (!ended) StopAccepting();
    for (const auto& worker : workers) ended ? worker->CloseAll() : worker->Drain();
  }

  void Accept() {
    Worker& worker = *workers[next++ % workers.size()];
    acceptor->async_accept(worker.context(),
                           [this, &worker](const error_code& error, tcp::socket socket) {
                             if (!error) Take(worker, std::move(socket));
                             if (acceptor->is_open()) error ? AcceptLater() : Accept();
                           });
  }

  void Take(Worker& worker, tcp::socket socket) {
    const auto open = static_cast<std::size_t>(service.metrics.connections.load());
    open < options.connections ? worker.Adopt(std::move(socket)) : TurnAway(std::move(socket));
  }

  // Who has connected by now is still answered.
  void StopAccepting() {
    error_code error;
    acceptor->non_blocking(true, error);
    while (!error) {
      Worker& worker = *workers[next++ % workers.size()];
      tcp::socket socket(worker.context());
      acceptor->accept(socket, error);
      if (!error) Take(worker, std::move(socket));
    }
    acceptor->close(error);
    pause->cancel();
  }

  // After an error (no descriptor is free, say) that would come again at once.
  void AcceptLater() {
    constexpr std::chrono::milliseconds kPause{100};
    pause->expires_after(kPause);
    pause->async_wait([this](const error_code& error) {
      if (!error) Accept();
    });
  }

  // With a word if that can be said at once.
  void TurnAway(tcp::socket socket) {
    service.metrics.refused_connections.fetch_add(1);
    if (tls) return;
    HttpReply reply;
    SetError(reply, 503, "too_many_connections", "too many connections are open; try again later");
    std::string out;
    AppendReply(out, reply, "", false, false);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(out), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, 4096> unread{};  // closing with bytes unread would reset the connection
    socket.read_some(asio::buffer(unread), ignored);
  }

  void Run() {
    AwaitSignal();
    Accept();
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < workers.size(); ++i) {
      threads.emplace_back([worker = workers[i].get()] { worker->Run(); });
    }
    RunFirst();
    for (std::thread& thread : threads) thread.join();
    LogEvent("ended");
  }

  // The first worker's context has the signals, too, which would keep it going for ever; they are
  // listened to until the last connection has gone.
  void RunFirst() {
    Worker& first = *workers.front();
    first.WhenDrained([this] { signals->cancel(); });
    first.Run();
  }

  const ServerOptions options;
  tcp::endpoint endpoint;
  Service service;
  std::optional<asio::ssl::context> tls;
  std::optional<AccessLog> log;
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<asio::signal_set> signals;
  std::optional<asio::steady_timer> pause;
  std::optional<tcp::acceptor> acceptor;
  std::optional<Reloader> reloader;
  std::size_t next = 0;
  bool ended = false;
};

Server::Server(const ServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Server::~Server() = default;

std::string Server::url() const {
  return fmt::format("{}://{}/", impl_->tls ? "https" : "http", Text(impl_->endpoint));
}
std::uint16_t Server::port() const { return impl_->endpoint.port(); }
void Server::Run() { impl_->Run(); }

}  // namespace derrd::serve
