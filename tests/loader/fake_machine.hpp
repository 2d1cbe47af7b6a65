// SPDX-License-Identifier: Apache-2.0
//
// A machine with good and bad plugins: a temporary directory that a test fills and that HAL_PLUGIN_PATH names.
#ifndef HAL_TESTS_LOADER_FAKE_MACHINE_HPP_
#define HAL_TESTS_LOADER_FAKE_MACHINE_HPP_

#include <filesystem>
#include <string>

namespace hal::test {

class FakeMachine {
 public:
  FakeMachine();
  ~FakeMachine();
  FakeMachine(const FakeMachine &) = delete;
  FakeMachine &operator=(const FakeMachine &) = delete;

  const std::filesystem::path &root() const { return root_; }
  std::filesystem::path folder(const std::string &name);

  // Each returns the file that it added. A backend is "fake-sim", "fake-npu" or one of tests/loader/plugins.
  std::filesystem::path add_plugin(const std::string &backend, const std::string &folder = {});
  // A copy whose note and entry function have another name of the same length.
  std::filesystem::path add_renamed(const std::string &backend, const std::string &name);
  std::filesystem::path add_good_plugin() { return add_plugin("fake-sim"); }
  std::filesystem::path add_hardware_plugin() { return add_plugin("fake-npu"); }
  std::filesystem::path add_other_draft(const std::string &stem = "other-draft");
  std::filesystem::path add_entryless() { return add_plugin("entryless"); }
  std::filesystem::path add_noteless(const std::string &stem = "noteless");
  std::filesystem::path add_text(const std::string &stem = "text");
  std::filesystem::path add_truncated(const std::string &stem = "truncated");
  std::filesystem::path add_wrong_architecture(const std::string &stem = "foreign");
  std::filesystem::path add_dangling_link(const std::string &stem = "dangling");
  std::filesystem::path add_looping_link(const std::string &stem = "looping");
  std::filesystem::path add_fifo(const std::string &stem = "fifo");
  std::filesystem::path add_folder(const std::string &stem = "folder");
  std::filesystem::path add_unreadable(const std::string &stem = "unreadable");
  std::filesystem::path add_world_writable(const std::string &stem = "fake-sim");
  // A second file of the good plugin's backend.
  std::filesystem::path add_twin(const std::string &stem);

 private:
  std::filesystem::path file(const std::string &stem) const { return root_ / ("libhal-" + stem + ".so"); }

  std::filesystem::path root_;
};

// The plugin of a backend in the build tree.
std::filesystem::path built_plugin(const std::string &backend);

}  // namespace hal::test

#endif  // HAL_TESTS_LOADER_FAKE_MACHINE_HPP_
