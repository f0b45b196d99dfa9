#pragma once

#include <filesystem>
#include <string>

namespace brood_test {

/// A cgroup v2 of our own, where this machine lets us make one; removed in the end, once all in it are gone.
class cgroup {
 public:
  cgroup();
  cgroup(const cgroup&) = delete;
  cgroup& operator=(const cgroup&) = delete;
  ~cgroup();

  bool exists() const noexcept { return !path_.empty(); }
  const std::filesystem::path& path() const noexcept { return path_; }
  const std::string& why_not() const noexcept { return why_not_; }

 private:
  std::filesystem::path path_;
  std::string why_not_;
};

}  // namespace brood_test
