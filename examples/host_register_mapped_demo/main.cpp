// SPDX-License-Identifier: Apache-2.0
//
// A kernel that reads and writes host memory in place. See README.md. Exit status 0: every element is right in both
// memories; 1: at least one element is wrong; 2: the program could not run.
#include <hal/share_mem.h>
#include <sys/mman.h>
#include <unistd.h>
#include <hal/chip_worker.hpp>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <numeric>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "options.hpp"

namespace {

constexpr std::uint32_t kRows = 128;
constexpr std::uint32_t kColumns = 128;
constexpr std::uint32_t kCount = kRows * kColumns;
constexpr std::uint64_t kBytes = kCount * sizeof(float);

// The mapped host memory. Its destructor frees it.
class MappedMemory {
 public:
  // Allocates it with the two calls of hal/share_mem.h.
  static MappedMemory from_pair(std::uint32_t ordinal) {
    void *host = nullptr;
    void *device = nullptr;
    hal::check(mallocHostDeviceShareMem(ordinal, kBytes, &host, &device));
    MappedMemory memory;
    memory.ordinal_ = ordinal;
    memory.host_ = host;
    memory.device_addr_ = reinterpret_cast<hal_device_addr_t>(device);
    return memory;
  }

  // Maps the program's own pages for the device of the worker.
  static MappedMemory from_own_pages(hal::ChipWorker &worker) {
    void *pages = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    MappedMemory memory;
    memory.host_ = pages;
    memory.worker_ = &worker;
    memory.device_addr_ = worker.register_host(pages, kBytes);
    return memory;
  }

  MappedMemory(MappedMemory &&other) noexcept
      : worker_(other.worker_),
        ordinal_(other.ordinal_),
        host_(std::exchange(other.host_, nullptr)),
        device_addr_(other.device_addr_) {}
  MappedMemory &operator=(MappedMemory &&) = delete;

  ~MappedMemory() {
    try {
      release();
    } catch (const std::exception &failure) {
      std::cerr << "clean-up: " << failure.what() << '\n';
    }
  }

  // Frees the memory. Throws if that fails.
  void release() {
    if (host_ == nullptr) return;
    void *host = std::exchange(host_, nullptr);
    if (worker_ == nullptr) {
      hal::check(freeHostDeviceShareMem(ordinal_, host));
      return;
    }
    if (device_addr_ != 0) worker_->unregister_host(host);
    ::munmap(host, kBytes);
  }

  std::span<float> host() const noexcept { return {static_cast<float *>(host_), kCount}; }
  hal_device_addr_t device_addr() const noexcept { return device_addr_; }

 private:
  MappedMemory() = default;

  hal::ChipWorker *worker_ = nullptr;  // of the registration; NULL for the pair
  std::uint32_t ordinal_ = 0;
  void *host_ = nullptr;
  hal_device_addr_t device_addr_ = 0;
};

void print_place(const hal::ChipWorker &worker, const Options &options, const std::string &kernel) {
  const hal_backend_info_t backend = worker.backend_info();
  const hal_device_info_t device = worker.device_info();
  std::cout << "backend       " << backend.name << " (" << backend.kind << ") from " << backend.path << '\n'
            << "device        " << device.ordinal << ": " << device.name << '\n';
  if (const auto process = worker.query(HAL_PROPERTY_DEVICE_PROCESS_ID)) {
    std::cout << "processes     host " << ::getpid() << ", device " << *process << '\n';
  }
  std::cout << "kernel        " << kernel << '\n'
            << "variant       "
            << (options.variant == Variant::kPair ? "pair: mallocHostDeviceShareMem"
                                                  : "register: the program's own pages")
            << '\n';
}

// Prints the first and last elements of one memory and the first difference. Returns the number of differences.
std::uint32_t compare(std::string_view name, std::span<const float> values) {
  std::uint32_t differences = 0;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const float expected = static_cast<float>(i) + 1.0f;
    if (values[i] == expected) continue;
    if (differences++ == 0) {
      std::cout << "DIFFERENCE    " << name << "[" << i / kColumns << "][" << i % kColumns << "] is " << values[i]
                << ", not " << expected << '\n';
    }
  }
  std::cout << name << " first " << values[0] << ' ' << values[1] << ' ' << values[2] << ", last " << values[kCount - 1]
            << ", differences " << differences << " of " << kCount << '\n';
  return differences;
}

int demonstrate(const Options &options) {
  hal::ChipWorker worker;
  worker.init({}, options.device.value_or(HAL_DEVICE_DEFAULT));
  const std::string path = options.kernel.empty() ? std::string(HAL_KERNEL_DIR) + "/" + worker.backend_info().name +
                                                        "/host_register_mapped.so"
                                                  : options.kernel;
  print_place(worker, options, path);
  const hal::Kernel kernel = worker.load(path).kernel("host_register_mapped");

  MappedMemory shared = options.variant == Variant::kPair ? MappedMemory::from_pair(worker.device_info().ordinal)
                                                          : MappedMemory::from_own_pages(worker);
  std::iota(shared.host().begin(), shared.host().end(), 0.0f);
  std::cout << "mapped        " << kBytes << " bytes, host " << static_cast<void *>(shared.host().data())
            << ", device 0x" << std::hex << shared.device_addr() << std::dec << '\n'
            << "before        first " << shared.host().front() << ", last " << shared.host().back() << '\n';

  const hal_device_addr_t copy = worker.allocate(kBytes);
  worker.run(kernel,
             {hal::device(shared.device_addr(), {kRows, kColumns}, HAL_DTYPE_F32),
              hal::device(copy, {kRows, kColumns}, HAL_DTYPE_F32, HAL_ACCESS_WRITE), hal::scalar(kCount)},
             {.block_count = options.blocks});

  std::vector<float> copied_back(kCount);
  worker.copy_from(copied_back.data(), copy, kBytes);
  const std::uint32_t differences = compare("shared memory", shared.host()) + compare("device buffer", copied_back);

  shared.release();
  worker.release(copy);
  worker.finalize();
  std::cout << (differences == 0 ? "PASS" : "FAIL") << '\n';
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  try {
    const std::optional<Options> options = parse_options(argc, argv);
    return options ? demonstrate(*options) : 0;
  } catch (const std::exception &failure) {
    std::cerr << "host_register_mapped_demo: " << failure.what() << '\n';
    return 2;
  }
}
