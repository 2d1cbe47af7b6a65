// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include <algorithm>

#include "conformance.hpp"

namespace hal::conformance {
namespace {

const std::uint64_t kBytes = 3 * kPage;

std::string last_message() {
  auto info = sized<hal_error_info_t>();
  EXPECT_EQ(hal_last_error(&info), HAL_OK);
  return info.message;
}

}  // namespace

bool Workload::took(hal_status_t status) {
  if (status == HAL_OK) return true;
  failures_.push_back({status, last_message()});
  return false;
}

void Workload::again(const std::function<hal_status_t()> &call) {
  const hal_status_t status = call();
  if (took(status)) return;
  EXPECT_NE(failures_.back().message.find("injected by HAL_FAULTS"), std::string::npos) << last_failure();
  EXPECT_TRUE(ok(call())) << "a failed call changes nothing, so it can be repeated";
}

bool Workload::run() {
  return open() && reset_with_objects() && allocate() && import() && look_up() && load() &&
         submit_behind_a_held_launch() && finish() && use_pair();
}

// A reset ends every object, also if it fails; the device is then lost. An injected failure comes before the reset.
bool Workload::reset_with_objects() {
  if (!allocate(HAL_MEM_DEVICE) || !import() || !load()) return false;
  pages_->data()[0] = 42;
  const hal_status_t status = hal_device_reset(device_);
  if (left_out(status)) return true;
  const bool reset = took(status);
  if (!reset && failures_.back().message == "injected by HAL_FAULTS: device_reset#1") return false;
  lost_ = !reset;
  memories_.clear();
  executables_.clear();
  stream_ = nullptr;
  EXPECT_EQ(pages_->data()[0], 42) << "registered memory keeps its bytes";
  pages_.reset();
  return reset && took(hal_stream_create(device_, 0, &stream_));
}

bool Workload::open() {
  if (!took(hal_init(HAL_ABI_DRAFT))) return false;
  up_ = true;
  auto backend_info = sized<hal_backend_info_t>();
  auto device_info = sized<hal_device_info_t>();
  std::uint32_t count = 0;
  std::uint64_t blocks = 0;
  hal_stream_t own = nullptr;
  if (!took(hal_backend_select(nullptr, &backend_)) || !took(hal_backend_info(backend_, &backend_info))) return false;
  backend_name_ = backend_info.name;
  if (!took(hal_device_count(backend_, &count)) || !took(hal_device_open(backend_, 0, &device_)) ||
      !took(hal_device_info(device_, &device_info)))
    return false;
  const hal_status_t queried = hal_device_query(device_, HAL_PROPERTY_MAX_BLOCKS, &blocks);
  return (left_out(queried) || took(queried)) && took(hal_device_stream(device_, &own)) &&
         took(hal_stream_create(device_, 0, &stream_));
}

bool Workload::allocate(hal_mem_kind_t kind) {
  const auto desc = describe(kind, kBytes);
  auto caps = sized<hal_mem_caps_t>();
  if (!took(hal_mem_query(device_, &desc, &caps))) return false;
  if (caps.verdict != HAL_OK) return true;
  hal_mem_t mem = nullptr;
  if (!took(hal_mem_alloc(device_, &desc, &mem))) return false;
  memories_.push_back({kind, mem});
  auto info = sized<hal_mem_info_t>();
  if (!took(hal_mem_info(mem, &info))) return false;
  if (kind == HAL_MEM_HOST_MAPPED) box_ = static_cast<std::uint32_t *>(info.host_ptr);
  return true;
}

bool Workload::allocate() {
  if (!allocate(HAL_MEM_DEVICE) || !allocate(HAL_MEM_HOST_PINNED) || !allocate(HAL_MEM_HOST_MAPPED) ||
      !allocate(HAL_MEM_DEVICE_MAPPED))
    return false;
  whole_ = whole_ && of_kind(HAL_MEM_DEVICE) != nullptr && box_ != nullptr;
  return true;
}

bool Workload::import() {
  if (pages_ != nullptr) kept_pages_.push_back(std::move(pages_));
  pages_ = std::make_unique<Pages>(2);
  std::fill_n(pages_->data(), pages_->size(), std::uint8_t{0});
  const auto desc = describe_range(pages_->data(), pages_->size());
  hal_mem_t mem = nullptr;
  const hal_status_t status = hal_mem_register(device_, &desc, &mem);
  if (left_out(status)) return true;
  if (!took(status)) return false;
  memories_.push_back({HAL_MEM_HOST_IMPORTED, mem});
  return took(hal_mem_sync(mem, 0, kPage, HAL_SYNC_TO_DEVICE));
}

bool Workload::look_up() {
  auto by_host = sized<hal_mem_info_t>();
  auto by_device = sized<hal_mem_info_t>();
  return took(hal_mem_lookup_host(device_, pages_->data(), &by_host)) &&  // not known if it could not be registered
         took(hal_mem_lookup_device(device_, by_host.device_addr, &by_device));
}

bool Workload::load() {
  if (!ask_for_kernels()) return false;
  if (!*kernels_) return true;
  const std::vector<std::uint8_t> bytes = read_file(object_path(backend_name_, "twin-a"));
  hal_executable_t executable = nullptr;
  if (!took(hal_executable_load_data(device_, bytes.data(), bytes.size(), &executable))) return false;
  executables_.push_back(executable);
  const std::string path = object_path(backend_name_, "basics");
  if (!took(hal_executable_load_file(device_, path.c_str(), &executable))) return false;
  executables_.push_back(executable);
  auto kernel_info = sized<hal_kernel_info_t>();
  return took(hal_executable_find(executable, "hold", &hold_)) &&
         took(hal_executable_find(executable, "bump", &bump_)) && took(hal_kernel_info(bump_, &kernel_info));
}

// Finds out once, with bytes that are not an object: a backend with kernels refuses them.
bool Workload::ask_for_kernels() {
  if (kernels_) return true;
  hal_executable_t none = nullptr;
  const hal_status_t status = hal_executable_load_data(device_, "no object", 9, &none);
  kernels_ = !left_out(status);
  return !*kernels_ || status == HAL_ERR_INVALID_ARGUMENT || took(status);
}

// Writes a word that the held launch waits for.
hal_status_t Workload::say(std::uint32_t word) {
  poke(box_, word);
  return hal_mem_sync(of_kind(HAL_MEM_HOST_MAPPED), 0, sizeof word, HAL_SYNC_TO_DEVICE);
}

bool Workload::launch(hal_kernel_t kernel, hal_mem_t mem) {
  Launch launch(kernel);
  return took(launch.mem(mem).on(stream_).submit(&ticket_));
}

// Chooses the host memory for copies: pinned memory if the backend has it. With other memory, a vendor's runtime may
// copy before the submit returns, and would then wait for the held launch without end.
bool Workload::choose_host_side() {
  const hal_mem_t pinned = of_kind(HAL_MEM_HOST_PINNED);
  if (pinned == nullptr) {
    buffer_.resize(kBytes);
    sent_ = buffer_.data();
  } else {
    auto info = sized<hal_mem_info_t>();
    if (!took(hal_mem_info(pinned, &info))) return false;
    sent_ = static_cast<std::uint8_t *>(info.host_ptr);
  }
  received_ = sent_ + kPage;
  return true;
}

// Submits after a held launch, so that the queue is not empty and copies are queued.
bool Workload::submit_behind_a_held_launch() {
  const hal_mem_t device_memory = of_kind(HAL_MEM_DEVICE);
  if (device_memory == nullptr) return true;
  if (!choose_host_side()) return false;
  if (*kernels_ && box_ != nullptr) {
    poke(box_, 0);
    if (!launch(hold_, of_kind(HAL_MEM_HOST_MAPPED))) return false;
  }
  std::fill_n(sent_, kPage, std::uint8_t{0x5a});
  std::fill_n(received_, 2 * kPage, std::uint8_t{0});
  return took(hal_copy_to_device(stream_, device_memory, 0, sent_, kPage, &ticket_)) &&
         took(hal_fill(stream_, device_memory, kPage, kPage, 0, &ticket_)) &&
         took(hal_copy_on_device(stream_, device_memory, kPage, device_memory, 0, kPage / 2, &ticket_)) &&
         took(hal_copy_from_device(stream_, received_, device_memory, 0, 2 * kPage, &ticket_));
}

bool Workload::finish() {
  const bool bumps = *kernels_ && of_kind(HAL_MEM_HOST_IMPORTED) != nullptr;
  if (bumps && !launch(bump_, of_kind(HAL_MEM_HOST_IMPORTED))) return false;
  if (box_ != nullptr && !took(say(1))) return false;
  std::uint64_t completed = 0;
  if (!took(hal_stream_query(stream_, &completed)) ||
      (ticket_ != 0 && !took(hal_stream_wait(stream_, ticket_, kPatienceNs))) ||
      !took(hal_device_wait(device_, kPatienceNs)))
    return false;
  if (sent_ == nullptr) return true;
  EXPECT_TRUE(std::equal(sent_, sent_ + kPage, received_));
  EXPECT_TRUE(std::equal(sent_, sent_ + kPage / 2, received_ + kPage));
  EXPECT_EQ(received_[2 * kPage - 1], 0);
  if (bumps) {
    EXPECT_EQ(*reinterpret_cast<std::uint64_t *>(pages_->data()), 1U) << "one block adds one";
  }
  return true;
}

bool Workload::use_pair() {
  for (int i = 0; i < 2; ++i) {
    void *host = nullptr;
    void *device = nullptr;
    const hal_status_t status = mallocHostDeviceShareMem(0, kBytes, &host, &device);
    if (left_out(status)) return true;
    const bool given = took(status);
    EXPECT_EQ(given, host != nullptr && device != nullptr) << "both outputs are null after a failure";
    if (!given) return false;
    pair_.push_back(host);
  }
  return true;
}

hal_mem_t Workload::of_kind(hal_mem_kind_t kind) const {
  const auto memory = std::find_if(memories_.rbegin(), memories_.rend(),
                                   [=](const Memory &candidate) { return candidate.kind == kind; });
  return memory != memories_.rend() ? memory->mem : nullptr;
}

void Workload::end_work() {
  if (box_ != nullptr && !lost_) again([&] { return say(1); });
  if (!lost_) again([&] { return hal_device_wait(device_, kPatienceNs); });
}

void Workload::free_objects() {
  for (const Memory &memory : memories_)
    again([&] {
      return memory.kind == HAL_MEM_HOST_IMPORTED ? hal_mem_unregister(memory.mem) : hal_mem_free(memory.mem);
    });
  for (hal_executable_t executable : executables_) again([&] { return hal_executable_unload(executable); });
  if (stream_ != nullptr) again([&] { return hal_stream_destroy(stream_); });
  again([&] { return hal_device_close(device_); });
}

void Workload::clean_up() {
  for (void *host : pair_) again([&] { return freeHostDeviceShareMem(0, host); });
  if (device_ != nullptr) {
    end_work();
    free_objects();
  }
  if (up_) again([] { return hal_shutdown(); });
  pages_.reset();
  kept_pages_.clear();
}

}  // namespace hal::conformance
