#include "derrd/train/checkpoint_files.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "derrd/core/error.h"
#include "derrd/core/file.h"

namespace derrd {
namespace {

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::shared_ptr<const SafetensorsFile> OpenWhole(const std::string& path) {
  auto file = SafetensorsFile::OpenKind(path, CheckpointFiles::kKind);
  file->CheckSeal();
  return file;
}

}  // namespace

std::string KeptModelPath(const std::string& output, std::int32_t epochs) {
  return fmt::format("{}.epoch-{}.derrd", output, epochs);
}

bool CheckpointFiles::Any() const { return Exists(path_) || Exists(previous_); }

void CheckpointFiles::Write(SafetensorsWriter& writer) {
  writer.Seal();
  OutputFile file(path_);
  writer.WriteTo(file);
  file.Sync();
  // Between the two renames the one before it is the last.
  if (keep_ && std::rename(path_.c_str(), previous_.c_str()) != 0 && errno != ENOENT) {
    FailWithErrno("keep the checkpoint before", previous_);
  }
  file.Commit();
  keep_ = true;
}

std::shared_ptr<const SafetensorsFile> CheckpointFiles::OpenLast(
    const std::function<void(const std::string&)>& tell) {
  if (!Any()) return nullptr;
  std::string why;
  try {
    return OpenWhole(path_);
  } catch (const Error& error) {
    why = error.what();
  }
  try {
    auto file = OpenWhole(previous_);
    keep_ = false;
    tell(fmt::format("{}; going on from {}", why, previous_));
    return file;
  } catch (const Error& error) {
    Fail("{}; and {}; start without --resume", why, error.what());
  }
}

void CheckpointFiles::Remove() const {
  // A kill may have left a part of one.
  for (const std::string& path : {path_, previous_, PartialPath(path_)}) {
    if (std::remove(path.c_str()) != 0 && errno != ENOENT) FailWithErrno("remove", path);
  }
}

}  // namespace derrd
