// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without libFuzzer, on each file of the arguments and of the folders in the arguments, and on
// mutations of each file. The mutations are the same in every run. The inputs run in a child process. If the child
// crashes, the parent makes the input again and saves it.
//   hal-fuzz-TARGET [--mutations N] FILE_OR_FOLDER...
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "properties.hpp"

namespace hal::fuzz {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

struct Input {
  std::string name;
  Bytes bytes;
};

// The running input, which the child writes.
struct Place {
  std::size_t input;
  unsigned mutation;  // 0 = the file itself
  std::uint64_t runs;
};

std::vector<Input> read_inputs(const std::vector<std::string> &paths) {
  std::vector<fs::path> files;
  for (const std::string &path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const fs::directory_entry &entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Input> inputs = {{"the empty input", {}}};
  for (const fs::path &file : files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
      throw fs::filesystem_error("an input cannot be read", file, std::error_code(errno, std::generic_category()));
    inputs.push_back({file.string(), {std::istreambuf_iterator<char>(stream), {}}});
  }
  return inputs;
}

class Mutator {
 public:
  Mutator(const std::vector<Input> &inputs, std::size_t input, unsigned mutation)
      : inputs_(inputs), bytes_(inputs[input].bytes), random_(static_cast<unsigned>(input * 100'003 + mutation)) {}

  Bytes run() {
    for (std::size_t steps = 1 + below(4); steps > 0; --steps) step();
    return std::move(bytes_);
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  // Headers and tables are at the start, so half of the changes go there.
  std::size_t place() { return below(below(2) == 0 ? std::min<std::size_t>(bytes_.size(), 512) : bytes_.size()); }
  auto at(std::size_t offset) { return bytes_.begin() + static_cast<std::ptrdiff_t>(offset); }

  void step() {
    switch (below(8)) {
      case 0:
        if (!bytes_.empty()) bytes_[place()] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        if (!bytes_.empty()) bytes_[place()] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
      case 3:
        put_number();
        break;
      case 4:
        if (!bytes_.empty()) bytes_.resize(bytes_.size() - 1 - (below(2) == 0 ? 0 : below(bytes_.size())));
        break;
      case 5:
        erase();
        break;
      case 6:
        insert(bytes_);
        break;
      default:
        insert(inputs_[below(inputs_.size())].bytes);
    }
  }
  void put_number() {
    const std::uint64_t numbers[] = {0, 1, 0x7F, 0xFFFF, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX, bytes_.size()};
    const std::uint64_t number = numbers[below(std::size(numbers))] + below(3) - 1;
    const std::size_t width = std::size_t{1} << below(4);
    if (bytes_.size() < width) return;
    const std::size_t offset = std::min(place() / width * width, bytes_.size() - width);
    std::memcpy(bytes_.data() + offset, &number, width);
  }
  void erase() {
    const std::size_t from = place();
    const std::size_t count = below(std::min<std::size_t>(bytes_.size() - from, 32) + 1);
    bytes_.erase(at(from), at(from + count));
  }
  void insert(const Bytes &source) {
    const std::size_t from = below(source.size());
    const std::size_t count = below(std::min<std::size_t>(source.size() - from, 64) + 1);
    const Bytes part(source.begin() + static_cast<std::ptrdiff_t>(from),
                     source.begin() + static_cast<std::ptrdiff_t>(from + count));
    bytes_.insert(at(place()), part.begin(), part.end());
  }

  const std::vector<Input> &inputs_;
  Bytes bytes_;
  std::mt19937 random_;
};

Bytes input_at(const std::vector<Input> &inputs, const Place &place) {
  if (place.mutation == 0) return inputs[place.input].bytes;
  return Mutator(inputs, place.input, place.mutation).run();
}

void run_all(const std::vector<Input> &inputs, unsigned mutations, Place &place) {
  for (place.input = 0; place.input < inputs.size(); ++place.input)
    for (place.mutation = 0; place.mutation <= mutations; ++place.mutation) {
      const Bytes bytes = input_at(inputs, place);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++place.runs;
    }
}

std::string save(const std::vector<Input> &inputs, const Place &place, const std::string &program) {
  const Bytes bytes = input_at(inputs, place);
  const std::string path = "crash-" + fs::path(program).filename().string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return fs::absolute(path).string();
}

int run_in_child(const std::vector<Input> &inputs, unsigned mutations, const std::string &program) {
  void *shared = ::mmap(nullptr, sizeof(Place), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return std::perror("mmap"), 2;
  auto &place = *new (shared) Place{};
  const pid_t child = ::fork();
  if (child < 0) return std::perror("fork"), 2;
  if (child == 0) {
    run_all(inputs, mutations, place);
    std::exit(0);  // runs the leak check of the address sanitizer
  }
  int ending = 0;
  while (::waitpid(child, &ending, 0) < 0 && errno == EINTR) {
  }
  if (ending == 0) {
    std::printf("%zu files, %llu runs, no finding\n", inputs.size() - 1, static_cast<unsigned long long>(place.runs));
    return 0;
  }
  if (place.input == inputs.size()) return std::fprintf(stderr, "the child failed after the last input\n"), 1;
  std::fprintf(stderr,
               "finding: %s, mutation %u; the input is in %s\nfix the bug, then add the input to tests/fuzz/corpus\n",
               inputs[place.input].name.c_str(), place.mutation, save(inputs, place, program).c_str());
  return 1;
}

int usage(const char *program) {
  std::fprintf(stderr, "usage: %s [--mutations N] FILE_OR_FOLDER...\n", program);
  return 2;
}

}  // namespace
}  // namespace hal::fuzz

int main(int argc, char **argv) try {
  std::vector<std::string> paths(argv + 1, argv + argc);
  unsigned mutations = 0;
  if (paths.size() >= 2 && paths[0] == "--mutations") {
    const std::string &text = paths[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mutations);
    if (error != std::errc() || end != text.data() + text.size()) return hal::fuzz::usage(argv[0]);
    paths.erase(paths.begin(), paths.begin() + 2);
  }
  if (paths.empty()) return hal::fuzz::usage(argv[0]);
  return hal::fuzz::run_in_child(hal::fuzz::read_inputs(paths), mutations, argv[0]);
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  return 2;
}
