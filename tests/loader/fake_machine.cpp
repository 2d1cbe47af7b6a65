// SPDX-License-Identifier: Apache-2.0
#include "loader/fake_machine.hpp"

#include <elf.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hal::test {

namespace fs = std::filesystem;

namespace {

std::string read_bytes(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  fs::permissions(path, fs::perms(0644));
}

}  // namespace

fs::path built_plugin(const std::string &backend) {
  const std::string name = "libhal-" + backend + ".so";
  const fs::path fake = fs::path(HAL_FAKE_PLUGIN_DIR) / name;
  return fs::exists(fake) ? fake : fs::path(HAL_ODD_PLUGIN_DIR) / name;
}

FakeMachine::FakeMachine() {
  std::string pattern = (fs::temp_directory_path() / "libhal-machine-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  root_ = fs::canonical(pattern);
  for (const char *name :
       {"HAL_BACKEND", "HAL_PLUGIN_FILES", "HAL_LOG_LEVEL", "HAL_FAKE_PRESENT", "HAL_FAKE_DEVICES", "HAL_FAKE_FLAVOUR"})
    unsetenv(name);
  setenv("HAL_PLUGIN_PATH", root_.c_str(), 1);
}

FakeMachine::~FakeMachine() {
  for (const char *name : {"HAL_BACKEND", "HAL_PLUGIN_FILES", "HAL_PLUGIN_PATH", "HAL_LOG_LEVEL"}) unsetenv(name);
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

fs::path FakeMachine::folder(const std::string &name) {
  fs::create_directories(root_ / name);
  return root_ / name;
}

fs::path FakeMachine::add_plugin(const std::string &backend, const std::string &into) {
  const fs::path copy = folder(into) / ("libhal-" + backend + ".so");
  fs::copy_file(built_plugin(backend), copy);
  fs::permissions(copy, fs::perms(0755));
  return copy;
}

fs::path FakeMachine::add_renamed(const std::string &backend, const std::string &name) {
  if (name.size() != backend.size()) throw std::invalid_argument("names of different lengths");
  std::string bytes = read_bytes(built_plugin(backend));
  for (std::size_t at = bytes.find(backend); at != std::string::npos; at = bytes.find(backend, at))
    bytes.replace(at, name.size(), name);
  write_bytes(file(name), bytes);
  return file(name);
}

fs::path FakeMachine::add_other_draft(const std::string &stem) {
  std::string bytes = read_bytes(built_plugin("fake-sim"));
  for (const std::string key : {"abi_min=", "abi_max="}) bytes.at(bytes.find(key) + key.size()) = '9';
  write_bytes(file(stem), bytes);
  return file(stem);
}

fs::path FakeMachine::add_noteless(const std::string &stem) {
  fs::copy_file(built_plugin("fake-nonote"), file(stem));
  return file(stem);
}

fs::path FakeMachine::add_text(const std::string &stem) {
  write_bytes(file(stem), "not a shared object\n");
  return file(stem);
}

fs::path FakeMachine::add_truncated(const std::string &stem) {
  write_bytes(file(stem), read_bytes(built_plugin("fake-sim")).substr(0, 6000));
  return file(stem);
}

fs::path FakeMachine::add_wrong_architecture(const std::string &stem) {
  std::string bytes = read_bytes(built_plugin("fake-sim"));
  bytes[offsetof(Elf64_Ehdr, e_machine)] = EM_S390;
  bytes[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
  write_bytes(file(stem), bytes);
  return file(stem);
}

fs::path FakeMachine::add_dangling_link(const std::string &stem) {
  fs::create_symlink("nowhere", file(stem));
  return file(stem);
}

fs::path FakeMachine::add_looping_link(const std::string &stem) {
  fs::create_symlink(file(stem).filename(), file(stem));
  return file(stem);
}

fs::path FakeMachine::add_fifo(const std::string &stem) {
  if (::mkfifo(file(stem).c_str(), 0644) != 0) throw std::runtime_error("mkfifo failed");
  return file(stem);
}

fs::path FakeMachine::add_folder(const std::string &stem) {
  fs::create_directory(file(stem));
  return file(stem);
}

fs::path FakeMachine::add_unreadable(const std::string &stem) {
  fs::copy_file(built_plugin("fake-sim"), file(stem));
  fs::permissions(file(stem), fs::perms::none);
  return file(stem);
}

fs::path FakeMachine::add_twin(const std::string &stem) {
  fs::copy_file(built_plugin("fake-sim"), file(stem));
  return file(stem);
}

fs::path FakeMachine::add_world_writable(const std::string &stem) {
  const fs::path added = add_twin(stem);
  fs::permissions(added, fs::perms(0666));
  return added;
}

}  // namespace hal::test
