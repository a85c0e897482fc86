#include "derrd/data/text_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
constexpr std::string_view kGzipMagic("\x1f\x8b", 2);
constexpr std::string_view kZstdMagic("\x28\xb5\x2f\xfd", 4);

[[noreturn]] void FailDamaged(const std::string& path, const char* kind, const char* what) {
  Fail("{}: its {} stream is damaged ({}); fetch or compress the file again", path, kind, what);
}

[[noreturn]] void FailCutShort(const std::string& path, const char* kind) {
  Fail("{}: its {} stream is cut short; fetch or compress the file again", path, kind);
}

class PlainSource : public TextSource {
 public:
  explicit PlainSource(std::unique_ptr<ByteReader> bytes) : TextSource(std::move(bytes)) {}

  std::size_t Read(std::span<char> out) override {
    const auto available = bytes_->Buffered();
    const std::size_t count = std::min(available.size(), out.size());
    std::copy_n(available.begin(), count, out.begin());
    bytes_->Consume(count);
    return count;
  }
};

class GzipSource : public TextSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteReader> bytes) : TextSource(std::move(bytes)) {
    constexpr int kGzipHeader = 16;  // added to the window's bits: a gzip header is expected
    if (inflateInit2(&stream_, MAX_WBITS + kGzipHeader) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  std::size_t Read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), kBufferBytes));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room) {
      const auto in = bytes_->Buffered();
      if (in.empty() && at_member_start_) return 0;
      if (at_member_start_) inflateReset(&stream_);
      Inflate(in);
    }
    return room - stream_.avail_out;
  }

 private:
  void Inflate(std::span<const char> in) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    bytes_->Consume(in.size() - stream_.avail_in);
    at_member_start_ = code == Z_STREAM_END;
    if (code == Z_BUF_ERROR && in.empty()) FailCutShort(path(), "gzip");
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      FailDamaged(path(), "gzip", stream_.msg != nullptr ? stream_.msg : zError(code));
    }
  }

  z_stream stream_{};
  bool at_member_start_ = false;
};

class ZstdSource : public TextSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteReader> bytes)
      : TextSource(std::move(bytes)), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }

  std::size_t Read(std::span<char> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos == 0) {
      const auto in = bytes_->Buffered();
      if (in.empty() && at_frame_start_) return 0;
      ZSTD_inBuffer input{in.data(), in.size(), 0};
      const std::size_t code = ZSTD_decompressStream(stream_.get(), &output, &input);
      if (ZSTD_isError(code)) FailDamaged(path(), "zstd", ZSTD_getErrorName(code));
      bytes_->Consume(input.pos);
      at_frame_start_ = code == 0;
      if (in.empty() && output.pos == 0 && !at_frame_start_) FailCutShort(path(), "zstd");
    }
    return output.pos;
  }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  bool at_frame_start_ = false;
};

}  // namespace

ByteReader::ByteReader(const std::string& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) FailWithErrno("open the file", path);
  buffer_.resize(kBufferBytes);
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
}

ByteReader::~ByteReader() { ::close(descriptor_); }

void ByteReader::Fill() {
  ssize_t count = -1;
  do {
    count = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) FailWithErrno("read the file", path_);
  end_ += static_cast<std::size_t>(count);
  bytes_read_ += static_cast<std::uint64_t>(count);
}

std::span<const char> ByteReader::Buffered() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    Fill();
  }
  return {buffer_.data() + begin_, end_ - begin_};
}

std::span<const char> ByteReader::Peek(std::size_t count) {
  for (std::size_t before = end_ + 1; end_ < count && end_ != before;) {
    before = end_;
    Fill();
  }
  return {buffer_.data(), std::min(count, end_)};
}

std::unique_ptr<TextSource> TextSource::Open(const std::string& path) {
  auto bytes = std::make_unique<ByteReader>(path);
  const auto first = bytes->Peek(kZstdMagic.size());
  const std::string_view magic(first.data(), first.size());
  if (magic.starts_with(kGzipMagic)) return std::make_unique<GzipSource>(std::move(bytes));
  if (magic.starts_with(kZstdMagic)) return std::make_unique<ZstdSource>(std::move(bytes));
  return std::make_unique<PlainSource>(std::move(bytes));
}

}  // namespace derrd
