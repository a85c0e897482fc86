// The bytes of a text file, decompressed where it is gzip or zstd.
#ifndef DERRD_DATA_TEXT_SOURCE_H_
#define DERRD_DATA_TEXT_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace derrd {

// Raw bytes of a file or a pipe, read in order through one fixed buffer.
class ByteReader {
 public:
  explicit ByteReader(const std::string& path);  // Error when it cannot be read
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  const std::string& path() const { return path_; }
  // What is buffered and not consumed; reads on when nothing is. Empty at the end of the file.
  std::span<const char> Buffered();
  void Consume(std::size_t bytes) { begin_ += bytes; }
  // Buffers the first bytes of the file, `count` of them unless the file is shorter.
  std::span<const char> Peek(std::size_t count);
  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t size() const { return size_; }  // 0 for a pipe

 private:
  void Fill();

  std::string path_;
  int descriptor_;
  std::uint64_t size_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// The text in a file: as it is, or out of gzip or zstd, told apart by their first bytes and not by
// the name. Several gzip members or zstd frames after one another are read as one text. A stream
// that is damaged or cut short is an Error that names the file. Not for several threads.
class TextSource {
 public:
  static std::unique_ptr<TextSource> Open(const std::string& path);
  virtual ~TextSource() = default;

  // Writes the next bytes of text into `out` and says how many; 0 only at the end.
  virtual std::size_t Read(std::span<char> out) = 0;

  const std::string& path() const { return bytes_->path(); }
  // How far the file is read, before decompression, and how long it is (0: not known).
  std::uint64_t bytes_read() const { return bytes_->bytes_read(); }
  std::uint64_t size() const { return bytes_->size(); }

 protected:
  explicit TextSource(std::unique_ptr<ByteReader> bytes) : bytes_(std::move(bytes)) {}
  std::unique_ptr<ByteReader> bytes_;
};

}  // namespace derrd

#endif  // DERRD_DATA_TEXT_SOURCE_H_
