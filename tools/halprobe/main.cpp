// SPDX-License-Identifier: Apache-2.0
//
// halprobe: shows the backends on this machine, whether each one works, and if not, why.
#include <fcntl.h>
#include <hal/hal.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "commands.hpp"
#include "options.hpp"
#include "report.hpp"

namespace {

// If the caller closed a standard descriptor, this occupies its number with one that fails. Otherwise a file or pipe of
// halprobe could get the number.
void keep_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int run(int argc, char **argv) {
  const halprobe::Options options = halprobe::parse_options(argc, argv);
  if (options.help) {
    std::cout << halprobe::help_text();
    return halprobe::kExitOk;
  }
  if (options.version) {
    std::cout << "halprobe " << hal_version() << " (libhal ABI draft " << hal_abi_draft() << ")\n";
    return halprobe::kExitOk;
  }
  return halprobe::run_command(options);
}

}  // namespace

int main(int argc, char **argv) {
  keep_standard_descriptors();
  try {
    const int exit_code = run(argc, argv);
    if (std::cout.flush()) return exit_code;
    std::cerr << "halprobe: standard output cannot be written: it is closed, or the disk is full\n";
    return halprobe::kExitInternal;
  } catch (const halprobe::UsageError &error) {
    std::cerr << "halprobe: " << halprobe::printable(error.what()) << "\nTry 'halprobe --help' for more information.\n";
    return halprobe::kExitUsage;
  } catch (const std::exception &error) {
    std::cerr << "halprobe: internal error: " << halprobe::printable(error.what()) << '\n';
    return halprobe::kExitInternal;
  }
}
