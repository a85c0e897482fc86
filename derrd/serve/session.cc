// A connection: bytes in, requests one after the other, answers out.
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "derrd/serve/http_error.h"
#include "derrd/serve/http_parser.h"
#include "derrd/serve/worker.h"

namespace derrd::serve {
namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;
using TlsStream = asio::ssl::stream<Socket>;
using ErrorCode = boost::system::error_code;

// Answers of pipelined requests are gathered up to this, then sent before more are made.
constexpr std::size_t kMostWaiting = 64u << 10;  // bytes

Socket& SocketOf(Socket& socket) { return socket; }
Socket& SocketOf(TlsStream& stream) { return stream.next_layer(); }

std::string ClientOf(const Socket& socket) {
  ErrorCode error;
  const auto end = socket.remote_endpoint(error);
  return error ? std::string() : end.address().to_string();
}

template <typename Stream>
class SessionOn final : public Session, public std::enable_shared_from_this<SessionOn<Stream>> {
 public:
  template <typename... StreamArguments>
  explicit SessionOn(Worker& worker, StreamArguments&&... arguments)
      : worker_(worker),
        stream_(std::forward<StreamArguments>(arguments)...),
        client_(ClientOf(SocketOf(stream_))),
        parser_(worker.limits().header, worker.limits().body),
        buffer_(worker.limits().header + kSpare) {
    ErrorCode ignored;
    SocketOf(stream_).set_option(asio::ip::tcp::no_delay(true), ignored);
    worker_.Add(this);
  }
  ~SessionOn() override { worker_.Remove(this); }

  void Start() {
    Await(Phase::kHandshake, worker_.limits().request);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const ErrorCode& error) {
                                error ? self->Close() : self->Begin();
                              });
    } else {
      Begin();
    }
  }

  void Check(Clock::time_point now) override {
    if (phase_ == Phase::kIdle && worker_.draining() && HasNothingToRead()) return Close();
    if (now < deadline_) return;
    if (phase_ != Phase::kRequest) return Close();
    overdue_ = true;  // ends the read that is under way; OnRead goes on
    ErrorCode ignored;
    SocketOf(stream_).cancel(ignored);
  }

  void Close() override {
    ErrorCode ignored;
    SocketOf(stream_).close(ignored);
  }

 private:
  // What is waited for: the handshake, a request's first byte, its last, the client to take the
  // answer, the client to end the connection after it.
  enum class Phase { kHandshake, kIdle, kRequest, kWriting, kLingering };
  static constexpr std::size_t kSpare = 1u << 10;  // bytes; chunk headers are read whole, too

  void Await(Phase phase, std::chrono::milliseconds patience) {
    phase_ = phase;
    deadline_ = Clock::now() + patience;
  }

  bool HasNothingToRead() {
    ErrorCode error;
    return SocketOf(stream_).available(error) == 0;
  }

  std::string_view Unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

  void Begin() {
    Await(Phase::kIdle, worker_.limits().idle);
    Read();
  }

  void Read() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    stream_.async_read_some(
        asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
        [self = this->shared_from_this()](const ErrorCode& error, std::size_t size) {
          self->OnRead(error, size);
        });
  }

  void OnRead(const ErrorCode& error, std::size_t size) {
    if (overdue_) {
      return Refuse(
          HttpError(408, "timeout", "the request took too long to arrive; send it again"));
    }
    if (error) {
      if (phase_ == Phase::kRequest) {
        return Refuse(
            HttpError(400, "incomplete_request", "the connection ended within a request"));
      }
      return Close();
    }
    end_ += size;
    Process();
  }

  // Answers what is whole, then writes or reads on.
  void Process() {
    try {
      while (!last_ && begin_ < end_ && out_.size() < kMostWaiting) {
        const std::size_t taken = parser_.Parse(Unread());
        begin_ += taken;
        if (parser_.done()) {
          last_ = !worker_.Answer(parser_.request(), client_, out_);
          parser_.Next();
          phase_ = Phase::kIdle;
        } else if (taken == 0) {
          break;
        }
      }
      if (end_ - begin_ == buffer_.size()) {
        derrd::serve::Refuse(431, "header_too_large", "a line of the request is too long");
      }
    } catch (const HttpError& error) {
      return Refuse(error);
    }
    if (parser_.TakeWantsContinue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (!out_.empty()) return Write();
    Wait();
  }

  // For the rest of a request that has begun, or for the next one.
  void Wait() {
    const bool has_begun = parser_.is_within_request() || begin_ < end_;
    if (!has_begun) {
      Await(Phase::kIdle, worker_.limits().idle);
    } else if (phase_ != Phase::kRequest) {
      Await(Phase::kRequest, worker_.limits().request);
    }
    Read();
  }

  void Refuse(const HttpError& error) {
    overdue_ = false;
    last_ = true;
    worker_.Refuse(error, parser_.request(), client_, out_);
    Write();
  }

  void Write() {
    was_within_request_ = phase_ == Phase::kRequest;
    request_deadline_ = deadline_;
    Await(Phase::kWriting, worker_.limits().request);
    asio::async_write(stream_, asio::buffer(out_),
                      [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
                        error ? self->Close() : self->OnWritten();
                      });
  }

  void OnWritten() {
    out_.clear();
    if (last_) return Linger();
    phase_ = was_within_request_ ? Phase::kRequest : Phase::kIdle;
    deadline_ = request_deadline_;
    begin_ < end_ ? Process() : Wait();
  }

  // Says that no more is coming, and reads until the client ends the connection, too: closing with
  // bytes unread would reset it, and the client might never see the answer.
  void Linger() {
    constexpr std::chrono::milliseconds kPatience{1000};
    Await(Phase::kLingering, kPatience);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_shutdown(
          [self = this->shared_from_this()](const ErrorCode&) { self->Discard(); });
    } else {
      ErrorCode ignored;
      stream_.shutdown(Socket::shutdown_send, ignored);
      Discard();
    }
  }

  void Discard() {
    SocketOf(stream_).async_read_some(
        asio::buffer(buffer_),
        [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
          error ? self->Close() : self->Discard();
        });
  }

  Worker& worker_;
  Stream stream_;
  const std::string client_;
  HttpParser parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was read and not taken by the parser
  std::string out_;                  // answers to be sent
  bool last_ = false;                // the connection ends with what is in out_
  bool overdue_ = false;
  Phase phase_ = Phase::kHandshake;
  Clock::time_point deadline_{};
  bool was_within_request_ = false;       // when the write that is under way began
  Clock::time_point request_deadline_{};  // of that request
};

}  // namespace

void StartSession(Worker& worker, Socket socket, asio::ssl::context* tls) {
  if (tls == nullptr) {
    std::make_shared<SessionOn<Socket>>(worker, std::move(socket))->Start();
  } else {
    std::make_shared<SessionOn<TlsStream>>(worker, std::move(socket), *tls)->Start();
  }
}

}  // namespace derrd::serve
