// SPDX-License-Identifier: Apache-2.0
//
// The same launches through PoCL, an OpenCL for the processor, which also queues work for its own threads.
#include "cases.hpp"

#if !HAL_BENCH_OPENCL

std::string hal::bench::add_pocl_cases() { return "this program was built without OpenCL's headers and loader"; }

#else

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "measure.hpp"

namespace hal::bench {
namespace {

constexpr int kQueued = 10'000;
constexpr int kWarmUp = 100;
constexpr int kBatch = 16;
constexpr const char *kSource = "__kernel void empty(__global int *unused) {}";

void need(cl_int status, const char *what) {
  if (status == CL_SUCCESS) return;
  std::fprintf(stderr, "hal-bench: %s returned OpenCL error %d; remove pocl-opencl-icd to skip these cases\n", what,
               status);
  std::exit(EXIT_FAILURE);
}

bool is_pocl(cl_platform_id platform) {
  char name[64] = {};
  return clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name, name, nullptr) == CL_SUCCESS &&
         std::string(name) == "Portable Computing Language";
}

cl_platform_id find_pocl() {
  cl_uint count = 0;
  if (clGetPlatformIDs(0, nullptr, &count) != CL_SUCCESS || count == 0) return nullptr;
  std::vector<cl_platform_id> platforms(count);
  need(clGetPlatformIDs(count, platforms.data(), nullptr), "clGetPlatformIDs");
  for (cl_platform_id platform : platforms)
    if (is_pocl(platform)) return platform;
  return nullptr;
}

// The first case opens it. It stays open until the program ends.
class Pocl {
 public:
  static Pocl &get() {
    static Pocl &pocl = *new Pocl;
    return pocl;
  }

  // A group of one work-item corresponds to a block.
  void launch(std::size_t groups) const {
    constexpr std::size_t kOne = 1;
    need(clEnqueueNDRangeKernel(queue_, kernel_, 1, nullptr, &groups, &kOne, 0, nullptr, nullptr),
         "clEnqueueNDRangeKernel");
  }
  void finish() const { need(clFinish(queue_), "clFinish"); }

 private:
  Pocl() {
    cl_int status = CL_SUCCESS;
    cl_device_id device = nullptr;
    need(clGetDeviceIDs(find_pocl(), CL_DEVICE_TYPE_CPU, 1, &device, nullptr), "clGetDeviceIDs");
    cl_context context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &status);
    need(status, "clCreateContext");
    queue_ = clCreateCommandQueue(context, device, 0, &status);
    need(status, "clCreateCommandQueue");
    const char *source = kSource;
    cl_program program = clCreateProgramWithSource(context, 1, &source, nullptr, &status);
    need(status, "clCreateProgramWithSource");
    need(clBuildProgram(program, 1, &device, "", nullptr, nullptr), "clBuildProgram");
    kernel_ = clCreateKernel(program, "empty", &status);
    need(status, "clCreateKernel");
    cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE, 4096, nullptr, &status);
    need(status, "clCreateBuffer");
    need(clSetKernelArg(kernel_, 0, sizeof memory, &memory), "clSetKernelArg");
  }

  cl_command_queue queue_ = nullptr;
  cl_kernel kernel_ = nullptr;
};

void launch_wait(benchmark::State &state) {
  const Pocl &pocl = Pocl::get();
  const auto once = [&] {
    pocl.launch(static_cast<std::size_t>(state.range(0)));
    pocl.finish();
  };
  for (int i = 0; i < kWarmUp; ++i) once();
  measure(state, kBatch, once);
}

void queued(benchmark::State &state) {
  const Pocl &pocl = Pocl::get();
  measure(state, 1, [&] {
    for (int i = 0; i < kQueued; ++i) pocl.launch(static_cast<std::size_t>(state.range(0)));
    pocl.finish();
  });
  state.counters[kTypicalNs].value /= kQueued;
}

}  // namespace

std::string add_pocl_cases() {
  if (find_pocl() == nullptr) return "no OpenCL platform with that name; install pocl-opencl-icd";
  benchmark::RegisterBenchmark("yardstick/pocl_launch", launch_wait)->Arg(1)->Arg(48)->Arg(1024);
  benchmark::RegisterBenchmark("yardstick/pocl_queued", queued)->Arg(1)->Arg(48)->Arg(1024)->Iterations(1);
  return "";
}

}  // namespace hal::bench

#endif
