// SPDX-License-Identifier: Apache-2.0
//
// "PROGRAM ARGUMENT…": runs the program and prints its peak memory in KiB. This is a separate small program, because a
// spawned process inherits the peak of its parent.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", 1, 0);
  pid_t child = -1;
  int status = -1;
  rusage usage = {};
  if (posix_spawn(&child, argv[1], &quiet, nullptr, argv + 1, environ) != 0 ||
      wait4(child, &status, 0, &usage) != child || status != 0)
    return 1;
  std::printf("%ld\n", usage.ru_maxrss);
  return 0;
}
