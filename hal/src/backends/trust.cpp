// SPDX-License-Identifier: Apache-2.0
#include "backends/trust.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>

namespace hal::core {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

std::string ownership(const struct stat &info) {
  return fmt::format("owner {}, mode {:04o}", info.st_uid, info.st_mode & 07777);
}

bool is_ours(const struct stat &info) noexcept { return info.st_uid == 0 || info.st_uid == ::geteuid(); }

bool is_root_only(const struct stat &info) noexcept { return info.st_uid == 0 && (info.st_mode & kOthersWrite) == 0; }

std::set<fs::path> directories_of(const std::string &path, const std::string &real_path) {
  return {fs::path(path).parent_path(), fs::path(real_path).parent_path()};
}

Trust cannot_inspect(const fs::path &directory) {
  const int error = errno;
  return {true, fmt::format("this process has elevated privileges, but the directory {} cannot be inspected: {}",
                            directory.string(), std::system_category().message(error))};
}

// Above the plugin's own directory, a sticky directory such as /tmp is allowed: only the owner can rename entries
// there.
Trust judge_ancestors(const fs::path &directory) {
  for (fs::path above = directory; above != above.parent_path(); above = above.parent_path()) {
    struct stat info = {};
    const fs::path next = above.parent_path();
    if (::stat(next.c_str(), &info) != 0) return cannot_inspect(next);
    const bool sticky = (info.st_mode & S_ISVTX) != 0;
    if (info.st_uid != 0 || (!sticky && (info.st_mode & kOthersWrite) != 0))
      return {true,
              fmt::format("this process has elevated privileges, but {} is not owned and writable by root only ({})",
                          next.string(), ownership(info))};
  }
  return {};
}

Trust judge_elevated(const struct stat &file, const std::string &path, const std::string &real_path) {
  if (!is_root_only(file))
    return {true, fmt::format(
                      "this process has elevated privileges, but the file is not owned and writable by root only ({})",
                      ownership(file))};
  for (const fs::path &directory : directories_of(path, real_path)) {
    struct stat info = {};
    if (::stat(directory.c_str(), &info) != 0) return cannot_inspect(directory);
    if (!is_root_only(info))
      return {
          true,
          fmt::format(
              "this process has elevated privileges, but the directory {} is not owned and writable by root only ({})",
              directory.string(), ownership(info))};
    if (Trust above = judge_ancestors(directory); above.refused) return above;
  }
  return {};
}

}  // namespace

bool is_open_to_everyone(const struct stat &directory) noexcept {
  return (directory.st_mode & S_IWOTH) != 0 && (directory.st_mode & S_ISVTX) == 0;
}

Trust judge_plugin(const struct stat &file, const std::string &path, const std::string &real_path, bool elevated) {
  if (elevated) return judge_elevated(file, path, real_path);
  if ((file.st_mode & S_IWOTH) != 0) return {true, fmt::format("every user may write the file ({})", ownership(file))};
  Trust trust;
  if (!is_ours(file))
    trust.doubt = fmt::format("untrusted: the file belongs to neither root nor this user ({})", ownership(file));
  for (const fs::path &directory : directories_of(path, real_path)) {
    struct stat info = {};
    if (::stat(directory.c_str(), &info) != 0) continue;
    if (is_open_to_everyone(info))
      return {true, fmt::format("every user may replace files in its directory {} ({})", directory.string(),
                                ownership(info))};
    if (!trust.doubt.empty()) continue;
    if (!is_ours(info))
      trust.doubt = fmt::format("untrusted: its directory {} belongs to neither root nor this user ({})",
                                directory.string(), ownership(info));
    else if ((info.st_mode & S_IWOTH) != 0)
      trust.doubt = fmt::format("untrusted: every user may add files to its directory {} ({})", directory.string(),
                                ownership(info));
  }
  return trust;
}

}  // namespace hal::core
