// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "conformance.hpp"
#include "requirements.hpp"

namespace hal::conformance {

hal_mem_desc_t describe(hal_mem_kind_t kind, std::uint64_t size_bytes, hal_engine_mask_t must_reach) {
  auto desc = sized<hal_mem_desc_t>();
  desc.kind = kind;
  desc.size_bytes = size_bytes;
  desc.must_reach = must_reach;
  return desc;
}

hal_mem_desc_t describe_range(void *start, std::uint64_t size_bytes) {
  auto desc = describe(HAL_MEM_HOST_IMPORTED, size_bytes);
  desc.host_ptr = start;
  return desc;
}

hal_mem_info_t info_of(hal_mem_t mem) {
  auto info = sized<hal_mem_info_t>();
  EXPECT_TRUE(ok(hal_mem_info(mem, &info)));
  return info;
}

std::optional<std::uint64_t> known_property(hal_device_t device, hal_property_t property) {
  std::uint64_t value = 0;
  const hal_status_t status = hal_device_query(device, property, &value);
  if (status == HAL_OK) return value;
  EXPECT_TRUE(is(HAL_ERR_UNSUPPORTED, status)) << "property " << property;
  return std::nullopt;
}

std::string object_path(const std::string &backend, const std::string &name) {
  const std::string stem = options.kernels + "/" + backend + "/conformance-" + name;
  return std::filesystem::exists(stem + ".o") ? stem + ".o" : stem + ".so";
}

bool is_ours_alone(hal_device_t device) {
  return options.exclusive || known_property(device, HAL_PROPERTY_DEVICE_PROCESS_ID).has_value();
}

Box::Box(hal_mem_t mem) : mem_(mem), words_(static_cast<std::uint32_t *>(info_of(mem).host_ptr)) {}

void Box::say(std::uint32_t word) const {
  poke(&words_[0], word);
  EXPECT_TRUE(ok(hal_mem_sync(mem_, 0, sizeof *words_, HAL_SYNC_TO_DEVICE)));
}

std::uint32_t Box::heard() const {
  EXPECT_TRUE(ok(hal_mem_sync(mem_, 0, 2 * sizeof *words_, HAL_SYNC_FROM_DEVICE)));
  return peek(&words_[1]);
}

bool Box::hears(std::uint32_t word) const {
  return eventually([&] { return heard() == word; });
}

// ---- Objects -------------------------------------------------------------------------------------------------------

Memory::Memory(hal_device_t device, const hal_mem_desc_t &desc) {
  const bool import = desc.kind == HAL_MEM_HOST_IMPORTED;
  EXPECT_TRUE(ok(import ? hal_mem_register(device, &desc, &mem_) : hal_mem_alloc(device, &desc, &mem_)));
  if (mem_ != nullptr) info_ = info_of(mem_);
}

Memory::~Memory() {
  if (mem_ != nullptr) {
    EXPECT_TRUE(ok(free()));
  }
}

hal_status_t Memory::free() {
  const hal_status_t status = info_.kind == HAL_MEM_HOST_IMPORTED ? hal_mem_unregister(mem_) : hal_mem_free(mem_);
  if (status == HAL_OK) mem_ = nullptr;
  return status;
}

Pages::Pages(std::uint64_t count) : size_(count * kPage) {
  void *start = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(start, MAP_FAILED);
  data_ = static_cast<std::uint8_t *>(start);
}

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, size_);
}

Stream::Stream(hal_device_t device) { EXPECT_TRUE(ok(hal_stream_create(device, 0, &stream_))); }
Stream::~Stream() { EXPECT_TRUE(ok(hal_stream_destroy(stream_))); }

Executable::Executable(hal_device_t device, const std::string &path) {
  EXPECT_TRUE(ok(hal_executable_load_file(device, path.c_str(), &executable_)));
}

Executable::Executable(hal_device_t device, std::span<const std::uint8_t> bytes) {
  EXPECT_TRUE(ok(hal_executable_load_data(device, bytes.data(), bytes.size(), &executable_)));
}

Executable::~Executable() {
  if (executable_ != nullptr) {
    EXPECT_TRUE(ok(hal_executable_unload(executable_)));
  }
}

hal_kernel_t Executable::operator[](const char *name) const {
  hal_kernel_t kernel = nullptr;
  EXPECT_TRUE(ok(hal_executable_find(executable_, name, &kernel)));
  return kernel;
}

TempFile::TempFile(std::span<const std::uint8_t> bytes)
    : path_((std::filesystem::temp_directory_path() / "hal-conformance-XXXXXX").string()) {
  const int file = mkstemp(path_.data());
  EXPECT_GE(file, 0);
  close(file);
  rewrite(bytes);
}

TempFile::~TempFile() { unlink(path_.c_str()); }

void TempFile::rewrite(std::span<const std::uint8_t> bytes) const {
  std::ofstream file(path_, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  EXPECT_TRUE(file.good()) << path_;
}

std::vector<std::uint8_t> read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

// ---- Launches ------------------------------------------------------------------------------------------------------

Launch::Launch(hal_kernel_t kernel) {
  desc.kernel = kernel;
  desc.block_count = 1;
  desc.tag = testing::UnitTest::GetInstance()->current_test_info()->name();
}

Launch &Launch::mem(hal_mem_t mem, std::uint64_t offset_bytes, std::uint64_t size_bytes) {
  hal_arg_t arg{};
  arg.type = HAL_ARG_MEM;
  arg.access = HAL_ACCESS_READ | HAL_ACCESS_WRITE;
  arg.mem = mem;
  arg.offset_bytes = offset_bytes;
  arg.u.mem.size_bytes = size_bytes;
  args.push_back(arg);
  return *this;
}

Launch &Launch::tensor(hal_mem_t mem, hal_dtype_t dtype, std::initializer_list<std::uint32_t> shape,
                       std::initializer_list<std::uint32_t> strides, std::uint64_t offset_bytes) {
  hal_arg_t arg{};
  arg.type = HAL_ARG_TENSOR;
  arg.access = HAL_ACCESS_READ | HAL_ACCESS_WRITE;
  arg.dtype = dtype;
  arg.rank = static_cast<std::uint8_t>(shape.size());
  arg.mem = mem;
  arg.offset_bytes = offset_bytes;
  std::copy(shape.begin(), shape.end(), arg.u.tensor.shape);
  std::copy(strides.begin(), strides.end(), arg.u.tensor.strides);
  args.push_back(arg);
  return *this;
}

Launch &Launch::addr(std::uint64_t address) {
  hal_arg_t arg{};
  arg.type = HAL_ARG_ADDR;
  arg.u.bits = address;
  args.push_back(arg);
  return *this;
}

Launch &Launch::scalar(hal_dtype_t dtype, std::uint64_t bits) {
  hal_arg_t arg{};
  arg.type = HAL_ARG_SCALAR;
  arg.dtype = dtype;
  arg.u.bits = bits;
  args.push_back(arg);
  return *this;
}

hal_status_t Launch::submit(std::uint64_t *ticket) {
  desc.args = args.empty() ? nullptr : args.data();
  desc.arg_count = static_cast<std::uint32_t>(args.size());
  return hal_kernel_launch(&desc, ticket);
}

std::uint64_t Launch::ticket() {
  std::uint64_t ticket = 0;
  EXPECT_TRUE(ok(submit(&ticket)));
  return ticket;
}

// ---- The fixture ---------------------------------------------------------------------------------------------------

void Conformance::SetUp() {
  children_before_ = count_children();
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  const hal_status_t status = hal_backend_select(nullptr, &backend_);
  if (status == HAL_ERR_UNAVAILABLE && !options.require_backend) GTEST_SKIP() << last_failure();
  ASSERT_TRUE(ok(status));
  auto info = sized<hal_backend_info_t>();
  ASSERT_TRUE(ok(hal_backend_info(backend_, &info)));
  backend_name_ = info.name;
  kind_ = info.kind;
  ASSERT_TRUE(ok(hal_device_open(backend_, HAL_DEVICE_DEFAULT, &device_)));
  const auto &row = *testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = std::string(row.test_suite_name()) + "." + row.name();
  const std::string missing = missing_for(name, device_);
  if (!missing.empty() && !options.require_all) GTEST_SKIP() << "not on " << backend_name_ << ": " << missing;
  EXPECT_EQ(missing, "") << "--require-all is set";
  if (missing.empty() && needs_kernels(name) && !std::filesystem::exists(object("basics")))
    FAIL() << backend_name_ << " runs kernels, but the kernels of the suite are missing: there is no file "
           << object("basics") << "\nbuild them (docs/plugin-author.md), and pass the folder above it as --kernels=DIR";
  ASSERT_TRUE(ok(hal_device_stream(device_, &own_)));
}

void Conformance::TearDown() {
  if (device_ != nullptr) {
    EXPECT_TRUE(ok(hal_device_close(device_)));
  }
  EXPECT_TRUE(ok(hal_shutdown()));
  EXPECT_EQ(count_children(), children_before_) << "the process of the device must end with the device";
}

bool Conformance::has(hal_mem_kind_t kind) {
  auto caps = sized<hal_mem_caps_t>();
  const auto desc = describe(kind, kPage);
  EXPECT_TRUE(ok(hal_mem_query(device_, &desc, &caps)));
  return caps.verdict == HAL_OK;
}

std::uint64_t Conformance::possible_part(std::uint64_t size_bytes) {
  for (std::uint64_t part = size_bytes; part >= kPage; part /= 2) {
    const auto desc = describe(HAL_MEM_DEVICE, part);
    hal_mem_t mem = nullptr;
    const hal_status_t status = hal_mem_alloc(device_, &desc, &mem);
    if (status == HAL_OK) {
      EXPECT_TRUE(ok(hal_mem_free(mem)));
      return part;
    }
    EXPECT_TRUE(is(HAL_ERR_OUT_OF_MEMORY, status));
  }
  ADD_FAILURE() << "the device cannot allocate one page of memory";
  return 0;
}

std::uint64_t Conformance::property(hal_property_t property) {
  const auto value = known(property);
  EXPECT_TRUE(value) << "the device does not know property " << property;
  return value.value_or(0);
}

bool Conformance::separate_process() {
  const auto id = known(HAL_PROPERTY_DEVICE_PROCESS_ID);
  return id && *id != static_cast<std::uint64_t>(getpid());
}

std::string Conformance::object(const std::string &name, const std::string &backend) {
  return object_path(backend.empty() ? backend_name_ : backend, name);
}

std::string Conformance::other_backend() {
  std::error_code ignored;
  for (const auto &entry : std::filesystem::directory_iterator(options.kernels, ignored)) {
    const std::string name = entry.path().filename();
    if (name != backend_name_ && std::filesystem::exists(object("basics", name))) return name;
  }
  return {};
}

void Conformance::wait(std::uint64_t ticket, hal_stream_t stream) {
  EXPECT_TRUE(ok(hal_stream_wait(stream == nullptr ? own_ : stream, ticket, kPatienceNs)));
}

void Conformance::skip_unless_run(Launch &launch) {
  const hal_status_t status = launch.submit();
  if (never_has(status)) GTEST_SKIP() << last_failure();
  ASSERT_TRUE(ok(status));
  ASSERT_TRUE(ok(hal_device_wait(device_, kPatienceNs)));
}

void Conformance::converse(hal_mem_t mem, Launch &talk) {
  const Box box(mem);
  const std::uint64_t ticket = talk.ticket();
  EXPECT_EQ(hal_stream_wait(own_, ticket, 1'000'000), HAL_ERR_TIMEOUT);
  EXPECT_EQ(box.heard(), 0U);
  box.say(1);
  EXPECT_TRUE(box.hears(42)) << "the kernel did not answer in this memory";
  EXPECT_EQ(hal_stream_wait(own_, ticket, 0), HAL_ERR_TIMEOUT) << "the kernel waits for the host";
  box.say(2);
  wait(ticket);
  EXPECT_EQ(box.heard(), 43U);
}

void Conformance::write(hal_mem_t dst, std::uint64_t offset, const void *src, std::uint64_t size, hal_stream_t stream) {
  std::uint64_t ticket = 0;
  stream = stream == nullptr ? own_ : stream;
  ASSERT_TRUE(ok(hal_copy_to_device(stream, dst, offset, src, size, &ticket)));
  wait(ticket, stream);
}

void Conformance::read(void *dst, hal_mem_t src, std::uint64_t offset, std::uint64_t size, hal_stream_t stream) {
  std::uint64_t ticket = 0;
  stream = stream == nullptr ? own_ : stream;
  ASSERT_TRUE(ok(hal_copy_from_device(stream, dst, src, offset, size, &ticket)));
  wait(ticket, stream);
}

void Conformance::expect_unknown(const void *host_ptr) {
  auto info = sized<hal_mem_info_t>();
  EXPECT_TRUE(ok(hal_mem_lookup_host(device_, host_ptr, &info)));
  EXPECT_EQ(info.kind, HAL_MEM_UNKNOWN) << host_ptr;
}

void Conformance::expect_unknown(hal_device_addr_t address) {
  auto info = sized<hal_mem_info_t>();
  EXPECT_TRUE(ok(hal_mem_lookup_device(device_, address, &info)));
  EXPECT_EQ(info.kind, HAL_MEM_UNKNOWN) << std::hex << address;
}

Held::Held(hal_device_t device, const std::string &basics, hal_stream_t stream,
           const std::vector<hal_mem_t> &also_given)
    : executable_(device, basics),
      memory_(device, describe(HAL_MEM_HOST_MAPPED, kPage)),
      box_(memory_),
      stream_(stream) {
  if (stream_ == nullptr) {
    EXPECT_TRUE(ok(hal_device_stream(device, &stream_)));
  }
  Launch launch(executable_["hold"]);
  launch.mem(memory_).on(stream);
  for (hal_mem_t mem : also_given) launch.mem(mem);
  ticket_ = launch.ticket();
  EXPECT_TRUE(box_.hears(1)) << "the kernel did not start";
}

void Held::let_go() {
  if (std::exchange(held_, false)) {
    box_.say(1);
    EXPECT_TRUE(ok(hal_stream_wait(stream_, ticket_, kPatienceNs)));
  }
}

}  // namespace hal::conformance
