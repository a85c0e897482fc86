#include "derrd/serve/worker.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <ctime>
#include <utility>
#include <vector>

#include "derrd/serve/json_text.h"
#include "derrd/serve/target.h"

namespace derrd::serve {
namespace {

constexpr std::chrono::milliseconds kTick{200};
constexpr std::size_t kLogBuffer = 32u << 10;  // bytes

// RFC 9110, 5.6.7: "Tue, 24 Nov 2026 15:53:20 GMT". The program runs in the C locale.
std::string HttpDate(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 40> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string_view NameOf(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    default:
      return "";
  }
}

}  // namespace

Worker::Worker(Service& service, std::size_t number, const ConnectionLimits& limits,
               boost::asio::ssl::context* tls, AccessLog* log)
    : service_(service),
      number_(number),
      limits_(limits),
      tls_(tls),
      log_(log),
      router_(service),
      date_(HttpDate(std::time(nullptr))) {
  StartTicking();
}

void Worker::Drain() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    drain_end_ = Clock::now() + limits_.drain;
  });
}

void Worker::CloseAll() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    drain_end_ = Clock::now();
  });
}

void Worker::Adopt(boost::asio::ip::tcp::socket socket) {
  boost::asio::post(context_, [this, owned = std::move(socket)]() mutable {
    StartSession(*this, std::move(owned), tls_);
  });
}

bool Worker::Answer(const HttpRequest& request, std::string_view client, std::string& out) {
  const auto begin = Clock::now();
  const Route route = router_.Answer(request, reply_);
  const bool keep_alive = request.keep_alive && !draining_;
  AppendReply(out, reply_, date_, keep_alive, request.method == Method::kHead);
  const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
  service_.metrics.Count(number_, route, reply_.status, took.count());
  Log(request, client, took.count());
  return keep_alive;
}

void Worker::Refuse(const HttpError& error, const HttpRequest& request, std::string_view client,
                    std::string& out) {
  SetError(reply_, error.status(), error.code(), error.message());
  AppendReply(out, reply_, date_, false, false);
  service_.metrics.Count(number_, Route::kBroken, error.status(), 0);
  Log(request, client, 0);
}

void Worker::Add(Session* session) {
  sessions_.insert(session);
  service_.metrics.connections.fetch_add(1, std::memory_order_relaxed);
  StartTicking();
}

void Worker::Remove(Session* session) {
  if (sessions_.erase(session) != 0) {
    service_.metrics.connections.fetch_sub(1, std::memory_order_relaxed);
  }
}

void Worker::StartTicking() {
  if (ticking_) return;
  ticking_ = true;
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code&) { Tick(); });
}

// The worker's context runs out of work, and Run() returns, when it no longer ticks.
void Worker::Tick() {
  ticking_ = false;
  date_ = HttpDate(std::time(nullptr));
  router_.Refresh();
  FlushLog();
  const auto now = Clock::now();
  const bool end = draining_ && now >= drain_end_;
  const std::vector<Session*> sessions(sessions_.begin(), sessions_.end());
  for (Session* const session : sessions) end ? session->Close() : session->Check(now);
  if (!draining_ || service_.metrics.connections.load() > 0) {
    StartTicking();
  } else if (when_drained_) {
    when_drained_();
  }
}

// The query is left out: it holds what people look for.
void Worker::Log(const HttpRequest& request, std::string_view client, double microseconds) {
  if (log_ == nullptr) return;
  Append(log_lines_, R"({{"time":"{}","client":"{}","method":"{}","path":)",
         TimeText(std::chrono::system_clock::now()), client, NameOf(request.method));
  constexpr std::size_t kLongestPath = 200;
  AppendAscii(log_lines_, SplitTarget(request.target).path.substr(0, kLongestPath));
  Append(log_lines_, ",\"status\":{},\"bytes\":{},\"microseconds\":{:.1f}}}\n", reply_.status,
         reply_.body.size(), microseconds);
  if (log_lines_.size() >= kLogBuffer) FlushLog();
}

void Worker::FlushLog() {
  if (log_ == nullptr || log_lines_.empty()) return;
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(log_lines_, '\n'));
  if (!log_->Write(log_lines_)) service_.metrics.dropped_log_lines.fetch_add(lines);
}

}  // namespace derrd::serve
