// SPDX-License-Identifier: Apache-2.0
//
// The report on all backends: files are inspected in this process, and plugins are probed in child processes.
#ifndef TOOLS_HALPROBE_SURVEY_HPP_
#define TOOLS_HALPROBE_SURVEY_HPP_

#include <chrono>
#include <string>
#include <vector>

#include "isolation.hpp"
#include "library.hpp"
#include "options.hpp"
#include "report.hpp"

namespace halprobe {

struct SurveyRequest {
  std::vector<std::string> names;  // backends to probe; empty = all
  DeviceRequest devices;
  bool probe = true;       // false: no backend is probed; unprobed ones are not reported
  bool selection = false;  // whether to report the selection of a program that names no backend
};

// libhal must be initialised.
Report survey(const Options &options, const SurveyRequest &request);

// A task about one plugin file. Its process considers no other file, except if the path has a ':', which
// HAL_PLUGIN_FILES cannot express.
Task file_task(const std::string &path, std::vector<std::string> arguments);

// Why a task gave no answer.
struct EndingText {
  const char *reason;
  std::string detail;
};
EndingText describe_ending(const Ending &ending, std::chrono::milliseconds timeout);

// Runs each task in a child process. libhal must be initialised; afterwards it is initialised again, without a scan.
std::vector<Ending> run_tasks(const std::vector<Task> &tasks, std::chrono::milliseconds timeout);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_SURVEY_HPP_
