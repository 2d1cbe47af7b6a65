// SPDX-License-Identifier: Apache-2.0
//
// Captures stderr of this process, which a device process inherits.
#ifndef HAL_TESTS_SIM_STDERR_OF_PROCESS_HPP_
#define HAL_TESTS_SIM_STDERR_OF_PROCESS_HPP_

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace hal::sim::test {

// From construction to restore(), stderr of this process and of new child processes is a file.
class StderrOfProcess {
 public:
  StderrOfProcess() : file_(memfd_create("stderr", MFD_CLOEXEC)), kept_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::fflush(stderr);
    dup2(file_, STDERR_FILENO);
  }
  ~StderrOfProcess() {
    restore();
    close(file_);
    close(kept_);
  }
  StderrOfProcess(const StderrOfProcess &) = delete;
  StderrOfProcess &operator=(const StderrOfProcess &) = delete;

  void restore() const {
    std::fflush(stderr);
    dup2(kept_, STDERR_FILENO);
  }

  std::string text() const {
    std::string all;
    char block[4096];
    for (ssize_t got = 0; (got = pread(file_, block, sizeof block, static_cast<off_t>(all.size()))) > 0;)
      all.append(block, static_cast<std::size_t>(got));
    return all;
  }
  // Whole lines. Text after the last newline is one more line.
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    std::string all = text();
    for (std::size_t end = 0; (end = all.find('\n')) != all.npos; all.erase(0, end + 1))
      found.push_back(all.substr(0, end));
    if (!all.empty()) found.push_back(all + " (no newline)");
    return found;
  }

 private:
  int file_;
  int kept_;
};

}  // namespace hal::sim::test

#endif  // HAL_TESTS_SIM_STDERR_OF_PROCESS_HPP_
