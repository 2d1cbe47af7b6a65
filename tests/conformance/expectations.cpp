// SPDX-License-Identifier: Apache-2.0
//
// Checks of failures and of leaks.
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "fixture.hpp"

extern char **environ;

namespace hal::conformance {

std::string status_name(hal_status_t status) {
  return std::string(hal_status_string(status)) + " (" + std::to_string(status) + ")";
}

std::string last_failure() {
  auto info = sized<hal_error_info_t>();
  if (hal_last_error(&info) != HAL_OK) return "hal_last_error failed";
  return std::string("  function: ") + info.function + "\n  message: " + info.message + "\n  hint: " + info.hint;
}

testing::AssertionResult ok(hal_status_t status) { return is(HAL_OK, status); }

testing::AssertionResult is(hal_status_t want, hal_status_t got) {
  if (got == want) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "expected " << status_name(want) << ", got " << status_name(got) << "\n"
                                     << last_failure();
}

// ---- Values --------------------------------------------------------------------------------------------------------

Value::Value(std::uint64_t number, std::string decimal) {
  char hex[32];
  std::snprintf(hex, sizeof hex, "0x%llx", static_cast<unsigned long long>(number));
  spellings_ = {decimal.empty() ? std::to_string(number) : std::move(decimal), hex};
}

Value Value::any_of(std::initializer_list<std::uint64_t> numbers) {
  Value all(std::string{});
  all.spellings_.clear();
  for (const std::uint64_t number : numbers) {
    if (number == 0) continue;
    const Value one(number);
    all.spellings_.insert(all.spellings_.end(), one.spellings_.begin(), one.spellings_.end());
  }
  return all;
}

bool Value::shown_in(const std::string &text) const {
  const auto lower = [](std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    return word;
  };
  const std::string where = lower(text);
  const auto in_word = [&](std::size_t at) {
    return at < where.size() && std::isalnum(static_cast<unsigned char>(where[at])) != 0;
  };
  return std::any_of(spellings_.begin(), spellings_.end(), [&](const std::string &spelling) {
    const std::string word = lower(spelling);
    for (auto at = where.find(word); at != std::string::npos; at = where.find(word, at + 1)) {
      if (!in_word(at - 1) && !in_word(at + word.size())) return true;
    }
    return false;
  });
}

std::string Value::describe() const {
  std::string all;
  for (const auto &spelling : spellings_) all += (all.empty() ? "'" : " or '") + spelling + "'";
  return all;
}

void refuses(hal_status_t want, const char *function, std::initializer_list<Value> shown,
             const std::function<hal_status_t()> &call, hal_device_t audited, const char *file, int line) {
  const testing::ScopedTrace trace(file, line, function);
  const Audit audit(audited);
  const hal_status_t got = call();
  ASSERT_TRUE(is(want, got));
  auto info = sized<hal_error_info_t>();
  ASSERT_EQ(hal_last_error(&info), HAL_OK);
  EXPECT_EQ(info.status, want) << "in hal_last_error";
  EXPECT_STREQ(info.function, function);
  EXPECT_STRNE(info.component, "");
  EXPECT_STRNE(info.message, "");
  EXPECT_STRNE(info.hint, "") << "for: " << info.message;
  EXPECT_LE(std::strlen(info.message), 1024U);
  for (const Value &value : shown) {
    EXPECT_TRUE(value.shown_in(info.message)) << "message: " << info.message << "\nlacks: " << value.describe();
  }
  EXPECT_TRUE(audit.unchanged()) << "P8: a failed call leaves nothing";
}

// ---- Audit ---------------------------------------------------------------------------------------------------------

namespace {

std::uint64_t count_entries(const char *path) {
  std::uint64_t count = 0;
  DIR *directory = opendir(path);
  if (directory == nullptr) return 0;
  while (const dirent *entry = readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  closedir(directory);
  return count;
}

std::uint64_t count_mappings() {
  std::uint64_t lines = 0;
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  char block[4096];
  for (ssize_t got = 0; (got = ::read(file, block, sizeof block)) > 0;) lines += std::count(block, block + got, '\n');
  close(file);
  return lines;
}

// The state of a process or thread. parent is -1 if it has ended.
struct Task {
  char state = 'X';
  long parent = -1;
  unsigned flags = 0;
};

// Reads <folder>/<id>/stat, whose second field may contain any character.
Task task_of(const char *folder, const char *id) {
  Task task;
  char path[300];
  char text[512];
  std::snprintf(path, sizeof path, "%s/%s/stat", folder, id);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return task;
  const ssize_t got = ::read(file, text, sizeof text - 1);
  close(file);
  text[std::max<ssize_t>(got, 0)] = '\0';
  const char *name_end = std::strrchr(text, ')');
  if (name_end != nullptr)
    std::sscanf(name_end + 1, " %c %ld %*d %*d %*d %*d %u", &task.state, &task.parent, &task.flags);
  return task;
}

template <typename F>
std::uint64_t count_tasks(const char *folder, F is_counted) {
  std::uint64_t count = 0;
  DIR *directory = opendir(folder);
  if (directory == nullptr) return 0;
  while (const dirent *entry = readdir(directory)) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
    count += is_counted(entry->d_name, task_of(folder, entry->d_name)) ? 1 : 0;
  }
  closedir(directory);
  return count;
}

constexpr const char *kThreads = "/proc/self/task";

// A thread that was joined is listed until the system has removed it, but its state is exiting.
std::uint64_t count_threads() {
  constexpr unsigned kExiting = 4;  // PF_EXITING
  return count_tasks(kThreads,
                     [](const char *, const Task &task) { return task.parent >= 0 && (task.flags & kExiting) == 0; });
}

}  // namespace

void wait_until_other_threads_sleep() {
  const std::string self = std::to_string(gettid());
  const auto is_awake = [&](const char *id, const Task &task) {
    return id != self && task.parent >= 0 && task.state != 'S';
  };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (int asleep = 0; asleep < 2 && std::chrono::steady_clock::now() < give_up;)
    asleep = count_tasks(kThreads, is_awake) == 0 ? asleep + 1 : 0;
}

std::uint64_t count_children() {
  return count_tasks("/proc", [self = getpid()](const char *, const Task &task) { return task.parent == self; });
}

Audit::Audit(hal_device_t device) {
  if (device != nullptr && is_ours_alone(device)) {
    if (known_property(device, HAL_PROPERTY_MEMORY_FREE_BYTES)) device_ = device;
    if (known_property(device, HAL_PROPERTY_MAPPED_FREE_BYTES)) mapped_device_ = device;
  }
  before_ = take();
}

Audit::Counts Audit::take() const {
  Counts counts;
  if (device_ != nullptr) (void)hal_device_query(device_, HAL_PROPERTY_MEMORY_FREE_BYTES, &counts.device_free);
  if (mapped_device_ != nullptr)
    (void)hal_device_query(mapped_device_, HAL_PROPERTY_MAPPED_FREE_BYTES, &counts.mapped_free);
  counts.descriptors = count_entries("/proc/self/fd");
  counts.mappings = kSanitized ? 0 : count_mappings();  // the allocator of a sanitizer maps at any time
  counts.threads = count_threads();
  counts.children = count_children();
  return counts;
}

testing::AssertionResult Audit::unchanged() const {
  const Counts after = take();
  std::string changes;
  const auto compare = [&](const char *what, std::uint64_t old_count, std::uint64_t new_count) {
    if (old_count == new_count) return;
    changes += std::string("\n  ") + what + ": " + std::to_string(old_count) + " -> " + std::to_string(new_count);
  };
  compare("free bytes of device memory", before_.device_free, after.device_free);
  compare("free bytes for mapped memory", before_.mapped_free, after.mapped_free);
  compare("open descriptors", before_.descriptors, after.descriptors);
  compare("mappings", before_.mappings, after.mappings);
  compare("threads", before_.threads, after.threads);
  compare("child processes", before_.children, after.children);
  if (changes.empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the audit found changes:" << changes;
}

// ---- Programs ------------------------------------------------------------------------------------------------------

Finished run_program(const std::vector<std::string> &arguments) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char *> words;
  for (const auto &argument : arguments) words.push_back(const_cast<char *>(argument.c_str()));
  words.push_back(nullptr);
  pid_t child = -1;
  EXPECT_EQ(posix_spawn(&child, words[0], &actions, nullptr, words.data(), environ), 0) << arguments[0];
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);

  Finished finished{-1, {}};
  char block[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], block, sizeof block)) > 0;) {
    finished.output.append(block, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child) {
    finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return finished;
}

std::string helper_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "hal-conformance-helper";
}

}  // namespace hal::conformance
