// For the tests of this room: files in a folder of their own, removed afterwards.
#ifndef DERRD_DATA_TEST_FILES_H_
#define DERRD_DATA_TEST_FILES_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"

namespace derrd {

class TemporaryFolder : public TestFolder {
 public:
  std::string Path(const std::string& name) const { return *this / name; }
  // Writes the file and returns its path.
  std::string Write(const std::string& name, std::string_view text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  // Whether neither the file nor a part of it is there.
  bool Absent(const std::string& name) const {
    return !std::filesystem::exists(Path(name)) &&
           !std::filesystem::exists(Path(name) + ".partial");
  }
};

inline std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string Gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzip = MAX_WBITS + 16;
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

// With a checksum, as the zstd program writes it.
inline std::string Zstd(std::string_view text) {
  std::string result(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  result.resize(ZSTD_compress2(context, result.data(), result.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return result;
}

}  // namespace derrd

#endif  // DERRD_DATA_TEST_FILES_H_
