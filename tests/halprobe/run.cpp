// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hal::test {
namespace {

// A temporary file without a name.
class Scratch {
 public:
  Scratch() : file_(std::tmpfile()) {
    if (file_ == nullptr) throw std::runtime_error("no temporary file");
  }
  ~Scratch() { std::fclose(file_); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  int fd() const { return ::fileno(file_); }
  void write(const std::string &text) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::rewind(file_);
  }
  std::string read() {
    std::rewind(file_);
    std::string text;
    std::array<char, 65536> part;
    for (std::size_t got; (got = std::fread(part.data(), 1, part.size(), file_)) > 0;) text.append(part.data(), got);
    return text;
  }

 private:
  std::FILE *file_;
};

int run_with(const std::vector<std::string> &command, int in, int out, int err) {
  std::vector<std::string> words = command;
  std::vector<char *> argv;
  for (std::string &word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("fork or waitpid failed");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Outcome run_program(const std::vector<std::string> &command, const std::string &input) {
  Scratch in;
  Scratch out;
  Scratch err;
  in.write(input);
  Outcome outcome;
  outcome.exit_code = run_with(command, in.fd(), out.fd(), err.fd());
  outcome.out = out.read();
  outcome.err = err.read();
  return outcome;
}

Outcome run_on_terminal(const std::vector<std::string> &arguments) {
  std::vector<std::string> command = arguments;
  command.insert(command.begin(), HALPROBE);
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) throw std::runtime_error("no terminal");
  const int other_end = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  Scratch err;
  Outcome outcome;
  outcome.exit_code = run_with(command, other_end, other_end, err.fd());
  std::array<char, 65536> part;
  const ssize_t got = ::read(terminal, part.data(), part.size());
  if (got > 0) outcome.out.assign(part.data(), static_cast<std::size_t>(got));
  ::close(other_end);
  ::close(terminal);
  return outcome;
}

}  // namespace hal::test
