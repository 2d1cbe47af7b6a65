// SPDX-License-Identifier: Apache-2.0
#include "backends/trust.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "diagnostics/log.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
constexpr int kMaxLinks = 40;  // as the kernel

std::string ownership(const struct stat &info) {
  return fmt::format("owner {}, mode {:04o}", info.st_uid, info.st_mode & 07777);
}

bool is_ours(const struct stat &info) noexcept { return info.st_uid == 0 || info.st_uid == ::geteuid(); }

bool is_sticky(const struct stat &info) noexcept { return (info.st_mode & S_ISVTX) != 0; }

bool is_root_only(const struct stat &info) noexcept { return info.st_uid == 0 && (info.st_mode & kOthersWrite) == 0; }

// In a sticky directory, only the owner of an entry can replace it.
bool lets_everyone_replace(const struct stat &directory) noexcept {
  return (directory.st_mode & S_IWOTH) != 0 && !is_sticky(directory);
}

// A directory or symbolic link on the way to a file.
struct Step {
  fs::path path;
  struct stat info = {};
  bool is_link = false;
  bool holds_file = false;  // a directory with the file, or with the last link to it
  int error = 0;            // why it cannot be inspected

  std::string name() const {
    if (is_link) return fmt::format("the link {} on the way to it", path.string());
    if (holds_file) return fmt::format("its directory {}", path.string());
    return fmt::format("the directory {} on the way to it", path.string());
  }
};

// Follows the path as the kernel does. The steps end at the first one that cannot be inspected.
class Walk {
 public:
  explicit Walk(const fs::path &path) : left_(path.begin(), path.end()) {
    while (!left_.empty() && advance()) continue;
  }
  const std::vector<Step> &steps() const noexcept { return steps_; }

 private:
  bool advance() {
    const fs::path name = left_.front();
    left_.pop_front();
    if (name.is_absolute()) return move_to(name);
    if (name == "..") return move_to(here_.parent_path());
    if (name.empty() || name == ".") return true;
    const bool last = left_.empty();
    if (!inspect(last)) return false;
    const fs::path next = here_ / name;
    struct stat info = {};
    if (::lstat(next.c_str(), &info) != 0) {
      const int error = errno;
      if (!last) steps_.push_back({.path = next, .error = error});
      return false;
    }
    if (S_ISLNK(info.st_mode)) return follow(next, info);
    here_ = next;
    here_info_ = info;
    return true;
  }

  bool move_to(const fs::path &directory) {
    here_ = directory;
    here_info_.reset();
    return true;
  }

  bool inspect(bool holds_file) {
    Step step = {.path = here_, .holds_file = holds_file};
    if (here_info_) {
      step.info = *here_info_;
    } else if (::stat(here_.c_str(), &step.info) != 0) {
      step.error = errno;
    }
    steps_.push_back(step);
    return step.error == 0;
  }

  bool follow(const fs::path &link, const struct stat &info) {
    steps_.push_back({.path = link, .info = info, .is_link = true});
    std::error_code error;
    const fs::path target = fs::read_symlink(link, error);
    if (error || ++links_ > kMaxLinks) {
      steps_.back().error = error ? error.value() : ELOOP;
      return false;
    }
    left_.insert(left_.begin(), target.begin(), target.end());
    return true;
  }

  std::deque<fs::path> left_;  // names that are not yet looked up
  fs::path here_;              // has no links
  std::optional<struct stat> here_info_;
  int links_ = 0;
  std::vector<Step> steps_;
};

Trust refuse_elevated(std::string what, std::string place) {
  return {true, fmt::format("this process has elevated privileges, but {}", what), std::move(place)};
}

bool is_safe_for_root(const Step &step) noexcept {
  if (step.is_link) return step.info.st_uid == 0;
  if (step.holds_file) return is_root_only(step.info);
  return step.info.st_uid == 0 && (is_sticky(step.info) || is_root_only(step.info));
}

Trust judge_elevated(const struct stat &file, const std::string &path) {
  if (!is_root_only(file))
    return refuse_elevated(fmt::format("the file is not owned and writable by root only ({})", ownership(file)), path);
  const Walk walk(path);
  for (const Step &step : walk.steps()) {
    if (step.error != 0)
      return refuse_elevated(fmt::format("the directory {} cannot be inspected: {}", step.path.string(),
                                         std::system_category().message(step.error)),
                             step.path);
    if (!is_safe_for_root(step))
      return refuse_elevated(
          fmt::format("{} is not owned and writable by root only ({})", step.name(), ownership(step.info)), step.path);
  }
  return {};
}

std::string doubt_about(const Step &step) {
  const struct stat &info = step.info;
  if (!is_ours(info)) return fmt::format("{} belongs to neither root nor this user", step.name());
  if (step.is_link || (is_sticky(info) && !step.holds_file)) return {};
  if ((info.st_mode & S_IWOTH) != 0) return fmt::format("every user may add files to {}", step.name());
  if ((info.st_mode & S_IWGRP) != 0) return fmt::format("a group may write {}", step.name());
  return {};
}

std::string doubt_about_file(const struct stat &file) {
  if (!is_ours(file)) return "the file belongs to neither root nor this user";
  return (file.st_mode & S_IWGRP) != 0 ? "a group may write the file" : "";
}

Trust doubt(std::string_view why, const struct stat &info, std::string place) {
  return {false, fmt::format("untrusted: {} ({})", why, ownership(info)), std::move(place)};
}

}  // namespace

Trust judge_file(const struct stat &file, const std::string &path, bool elevated) {
  if (elevated) return judge_elevated(file, path);
  if ((file.st_mode & S_IWOTH) != 0)
    return {true, fmt::format("every user may write the file ({})", ownership(file)), path};
  Trust trust;
  if (const std::string why = doubt_about_file(file); !why.empty()) trust = doubt(why, file, path);
  const Walk walk(path);
  for (const Step &step : walk.steps()) {
    if (step.error != 0) break;
    if (!step.is_link && lets_everyone_replace(step.info))
      return {true, fmt::format("every user may replace files in {} ({})", step.name(), ownership(step.info)),
              step.path};
    if (!trust.doubt.empty()) continue;
    if (const std::string why = doubt_about(step); !why.empty()) trust = doubt(why, step.info, step.path);
  }
  return trust;
}

void warn_of_doubt(const std::string &path, const Trust &trust) {
  if (trust.refused || trust.doubt.empty()) return;
  static std::mutex &mutex = *new std::mutex;
  static std::set<std::string> &warned = *new std::set<std::string>;
  {
    const std::lock_guard lock(mutex);
    if (!warned.insert(trust.place).second) return;
  }
  log(HAL_LOG_WARN, "{}: {}", path, trust.doubt);
}

bool is_open_to_everyone(const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return false;
  if (S_ISDIR(info.st_mode) ? lets_everyone_replace(info) : (info.st_mode & S_IWOTH) != 0) return true;
  const Walk walk(path);
  return std::any_of(walk.steps().begin(), walk.steps().end(), [](const Step &step) {
    return step.error == 0 && !step.is_link && lets_everyone_replace(step.info);
  });
}

}  // namespace hal::core
