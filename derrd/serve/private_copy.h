// A file as it was at one moment, whatever is done to it afterwards.
#ifndef DERRD_SERVE_PRIVATE_COPY_H_
#define DERRD_SERVE_PRIVATE_COPY_H_

#include <string>

namespace derrd::serve {

// The bytes of a file in memory that has a path of its own. Models are mapped, and who overwrites a
// mapped file in place changes it under its readers, or ends them with SIGBUS by cutting it short;
// a server that must survive a careless copy maps this instead. Costs the file's size in memory,
// which lives on in the maps made of path() when this object is gone.
class PrivateCopy {
 public:
  explicit PrivateCopy(const std::string& path);  // Error when it is not a readable regular file
  ~PrivateCopy();
  PrivateCopy(const PrivateCopy&) = delete;
  PrivateCopy& operator=(const PrivateCopy&) = delete;

  // Opens the copy; valid as long as this object lives.
  const std::string& path() const { return path_; }

 private:
  int descriptor_ = -1;
  std::string path_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_PRIVATE_COPY_H_
