// SPDX-License-Identifier: Apache-2.0
//
// Looking at the whole machine: inspection here, plugins in processes of their own.
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

struct SurveyWish {
  std::vector<std::string> names;  // backends to probe; empty = all
  DeviceWish devices;
  bool selection = false;  // whether to ask what a program would get
};

// libhal is initialised.
Report survey(const Options &options, const SurveyWish &wish);

// A question about one plugin's file, which is alone there so that other files cost nothing; a path with a ':' cannot
// be named that way.
Task file_task(const std::string &path, std::vector<std::string> arguments);

// How a task ended that gave no answer.
struct Story {
  const char *reason;
  std::string detail;
};
Story tell(const Ending &ending, std::chrono::milliseconds timeout);

// Each task in a process of its own. libhal is initialised, and is again afterwards; what it knew of a scan is gone.
std::vector<Ending> run_tasks(const std::vector<Task> &tasks, std::chrono::milliseconds timeout);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_SURVEY_HPP_
