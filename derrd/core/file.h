// Files read through memory maps, and files that appear whole or not at all.
#ifndef DERRD_CORE_FILE_H_
#define DERRD_CORE_FILE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace derrd {

// A read-only map of a whole file. Movable; views of bytes() live as long as the map.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);  // Error when it is not a readable regular file
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// "PATH.partial": what PATH is called while it is written.
std::string PartialPath(const std::string& path);

// Writes PartialPath() and renames it to PATH on Commit(), after the bytes have reached the disk.
// Without Commit() (an error, a kill) PATH keeps what it held before. Error while another process,
// or another of these, writes the same PATH. A PATH that is a device or a pipe (/dev/stdout) is
// written directly. Every failure is an Error that names PATH, and leaves no partial file once this
// object is gone.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::span<const std::byte> bytes);
  void Write(std::string_view text) { Write(std::as_bytes(std::span(text))); }
  void Sync();  // what was written so far has reached the disk
  void Commit();

  const std::string& path() const { return path_; }

 private:
  void Flush();
  void WriteToDescriptor(std::span<const std::byte> bytes);

  std::string path_;
  std::string partial_path_;  // empty when PATH is written directly
  int descriptor_ = -1;
  bool synced_ = false;  // nothing was written since
  std::vector<std::byte> buffer_;
};

// Error when PATH could not be written now; leaves everything as it is. For long work to find out
// before it begins.
void CheckCanWrite(const std::string& path);

// Whole small files.
std::string ReadTextFile(const std::string& path);
void WriteTextFile(const std::string& path, std::string_view text);

}  // namespace derrd

#endif  // DERRD_CORE_FILE_H_
