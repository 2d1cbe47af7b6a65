// SPDX-License-Identifier: Apache-2.0
#include "over_standin.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hal::onboard::test {

ErrorReport last_error() {
  auto info = sized<hal_error_info_t>();
  EXPECT_EQ(hal_last_error(&info), HAL_OK);
  return {info.status, info.native_code, info.native_domain, info.function, info.message,
          info.hint,   info.kernel,      info.fault_addr,    info.block,    info.fault_flags};
}

testing::AssertionResult is(hal_status_t want, hal_status_t got) {
  if (got == want) return testing::AssertionSuccess();
  const ErrorReport error = last_error();
  return testing::AssertionFailure() << "expected " << hal_status_string(want) << ", got " << hal_status_string(got)
                                     << ": " << error.function << ": " << error.message << " (" << error.hint << ")";
}

testing::AssertionResult ok(hal_status_t status) { return is(HAL_OK, status); }

std::string kernel_object(const std::string &name) {
  const char *backend = std::getenv("HAL_BACKEND");
  return std::string(STANDIN_KERNELS) + "/" + (backend != nullptr ? backend : "") + "/" + name + ".o";
}

std::vector<std::uint8_t> read_bytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

std::uint64_t page_bytes() { return static_cast<std::uint64_t>(std::max(4096L, sysconf(_SC_PAGESIZE))); }

Pages::Pages(std::size_t count)
    : size_(count * page_bytes()),
      data_(static_cast<std::uint8_t *>(
          mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
  EXPECT_NE(static_cast<void *>(data_), MAP_FAILED);
}

Pages::~Pages() { munmap(data_, size_); }

hal_mem_desc_t describe(hal_mem_kind_t kind, std::uint64_t size_bytes) {
  auto desc = sized<hal_mem_desc_t>();
  desc.kind = kind;
  desc.size_bytes = size_bytes;
  return desc;
}

hal_mem_desc_t describe(const Pages &pages) {
  hal_mem_desc_t desc = describe(HAL_MEM_HOST_IMPORTED, pages.size());
  desc.host_ptr = pages.data();
  return desc;
}

OneBlock::OneBlock(hal_kernel_t kernel, hal_mem_t mem) {
  argument.type = HAL_ARG_MEM;
  argument.access = HAL_ACCESS_READ | HAL_ACCESS_WRITE;
  argument.mem = mem;
  desc.kernel = kernel;
  desc.block_count = 1;
  desc.arg_count = 1;
}

hal_status_t OneBlock::submit(std::uint64_t *ticket) {
  desc.args = &argument;
  return hal_kernel_launch(&desc, ticket);
}

LogOfThisProcess::LogOfThisProcess() {
  hal_log_set_level(HAL_LOG_WARN);
  hal_log_set_callback([](void *user, hal_log_level_t, const char *,
                          const char *message) { static_cast<LogOfThisProcess *>(user)->lines_.emplace_back(message); },
                       this);
}

LogOfThisProcess::~LogOfThisProcess() { hal_log_set_callback(nullptr, nullptr); }

bool LogOfThisProcess::has(const std::string &words) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const std::string &line) { return line.find(words) != std::string::npos; });
}

std::string LogOfThisProcess::all() const {
  std::string text;
  for (const std::string &line : lines_) text += line + "\n";
  return text;
}

void OverStandin::SetUp() {
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  standin_calls_clear();
  standin_violations_clear();
}

void OverStandin::TearDown() {
  close();
  EXPECT_TRUE(ok(hal_shutdown()));
  standin_check_closed();
  for (std::size_t i = 0; i < standin_violations(); ++i) ADD_FAILURE() << "stand-in: " << standin_violation(i);
}

hal_status_t OverStandin::select() { return hal_backend_select(nullptr, &backend_); }

hal_status_t OverStandin::open(std::uint32_t ordinal) { return hal_device_open(backend_, ordinal, &device_); }

void OverStandin::close() {
  if (device_ == nullptr) return;
  EXPECT_TRUE(ok(hal_device_close(device_)));
  device_ = nullptr;
}

hal_mem_t OverStandin::allocate(hal_mem_kind_t kind, std::uint64_t size_bytes) {
  const hal_mem_desc_t desc = describe(kind, size_bytes);
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(ok(hal_mem_alloc(device_, &desc, &mem)));
  return mem;
}

hal_mem_info_t OverStandin::info_of(hal_mem_t mem) {
  auto info = sized<hal_mem_info_t>();
  EXPECT_TRUE(ok(hal_mem_info(mem, &info)));
  return info;
}

std::vector<int> OverStandin::codes_of(const std::string &function) {
  std::vector<int> codes;
  standin_call_t call;
  for (std::size_t i = 0; standin_call(i, &call) == 0; ++i)
    if (function == call.function) codes.push_back(call.code);
  return codes;
}

std::string OverStandin::arguments_of_last(const std::string &function) {
  std::string arguments;
  standin_call_t call;
  for (std::size_t i = 0; standin_call(i, &call) == 0; ++i)
    if (function == call.function) arguments = call.arguments;
  return arguments;
}

void OpenCard::SetUp() {
  OverStandin::SetUp();
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  ASSERT_TRUE(ok(hal_device_stream(device_, &stream_)));
}

void OpenCard::TearDown() {
  if (executable_ != nullptr) {
    EXPECT_TRUE(ok(hal_executable_unload(executable_)));
  }
  OverStandin::TearDown();
}

hal_kernel_t OpenCard::kernel(const char *name) {
  if (executable_ == nullptr) {
    EXPECT_TRUE(ok(hal_executable_load_file(device_, kernel_object("conformance-basics").c_str(), &executable_)));
  }
  hal_kernel_t kernel = nullptr;
  EXPECT_TRUE(ok(hal_executable_find(executable_, name, &kernel)));
  return kernel;
}

hal_status_t OpenCard::launch(hal_kernel_t kernel, hal_mem_t mem, std::uint64_t *ticket, std::uint64_t timeout_ns) {
  OneBlock block(kernel, mem);
  block.desc.timeout_ns = timeout_ns;
  return block.submit(ticket);
}

}  // namespace hal::onboard::test

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  std::string variant = "9.1", backend = "a2a3-onboard";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--variant=", 0) == 0) {
      variant = word.substr(10);
    } else if (word.rfind("--backend=", 0) == 0) {
      backend = word.substr(10);
    } else {
      std::fprintf(stderr, "%s: unknown option \"%s\"; use --variant=9.1 and --backend=a5-onboard\n", argv[0],
                   word.c_str());
      return 2;
    }
  }
  setenv("HAL_BACKEND", backend.c_str(), 1);
  setenv("HAL_ONBOARD_LIBRARY_DIR", (std::string(STANDIN_ROOT) + "/" + variant + "/lib64").c_str(), 1);
  setenv("STANDIN_SOC", backend[1] == '5' ? "Ascend950PR_9599" : "Ascend910B1", 1);
  return RUN_ALL_TESTS();
}
