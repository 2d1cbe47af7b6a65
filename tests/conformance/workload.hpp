// SPDX-License-Identifier: Apache-2.0
//
// A workload with a little of everything that a program does with libhal. It can stop at any call and clean up.
#ifndef HAL_TESTS_CONFORMANCE_WORKLOAD_HPP_
#define HAL_TESTS_CONFORMANCE_WORKLOAD_HPP_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fixture.hpp"
#include "requirements.hpp"

namespace hal::conformance {

class Workload {
 public:
  // Runs from hal_init to the pair. It stops at the first call that fails. Returns true if no call has failed.
  bool run();
  // Frees everything and ends libhal. If an injected failure makes a call fail, it makes the call again, which must
  // succeed.
  void clean_up();

  struct Failure {
    hal_status_t status;
    std::string message;
  };
  // Whether the backend has everything that the workload uses.
  bool is_whole() const { return whole_; }
  // The failures of both calls, in order.
  const std::vector<Failure> &failures() const { return failures_; }

 private:
  bool took(hal_status_t status);
  // Whether the backend never has it. That is not a failure: this part of the workload is left out.
  bool left_out(hal_status_t status) {
    if (never_has(status)) whole_ = false;
    return never_has(status);
  }
  void again(const std::function<hal_status_t()> &call);

  bool open();
  bool allocate();
  bool allocate(hal_mem_kind_t kind);
  bool import();
  bool look_up();
  bool load();
  bool ask_for_kernels();
  hal_status_t say(std::uint32_t word);
  bool reset_with_objects();
  bool choose_host_side();
  bool submit_behind_a_held_launch();
  bool finish();
  bool use_pair();
  bool launch(hal_kernel_t kernel, hal_mem_t mem);

  void end_work();
  void free_objects();

  struct Memory {
    hal_mem_kind_t kind;
    hal_mem_t mem;
  };
  hal_mem_t of_kind(hal_mem_kind_t kind) const;

  std::vector<Failure> failures_;
  bool up_ = false;
  bool lost_ = false;
  bool whole_ = true;
  hal_backend_t backend_ = nullptr;
  std::string backend_name_;
  hal_device_t device_ = nullptr;
  hal_stream_t stream_ = nullptr;
  std::vector<Memory> memories_;
  std::unique_ptr<Pages> pages_;
  std::vector<std::unique_ptr<Pages>> kept_pages_;  // still registered, if the backend has no reset
  std::optional<bool> kernels_;                     // whether the backend runs them
  std::uint32_t *box_ = nullptr;                    // the word that the held launch waits for
  std::vector<hal_executable_t> executables_;
  hal_kernel_t hold_ = nullptr;
  hal_kernel_t bump_ = nullptr;
  std::uint64_t ticket_ = 0;
  std::vector<std::uint8_t> buffer_;  // if there is no pinned memory
  std::uint8_t *sent_ = nullptr;      // a page
  std::uint8_t *received_ = nullptr;  // two pages after it
  std::vector<void *> pair_;
};

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_WORKLOAD_HPP_
