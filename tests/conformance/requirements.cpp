// SPDX-License-Identifier: Apache-2.0
#include "requirements.hpp"

#include "conformance.hpp"
#include "fixture.hpp"

namespace hal::conformance {
namespace {

enum Need : unsigned {
  kNothing = 0,
  kDevice = 1,      // DEVICE memory, with copies
  kMapped = 2,      // HOST_MAPPED memory
  kImported = 4,    // hal_mem_register
  kKernels = 8,     // executables and launches
  kAfterReset = 16  // hal_device_reset
};

struct Row {
  std::string_view prefix;  // of "Suite.Test"; the first match counts
  unsigned needs;
};

constexpr Row kRows[] = {
    {"AnotherProcess.", kDevice | kMapped | kKernels},
    {"ArgumentsAsWords.", kDevice | kMapped | kKernels},
    {"Blocks.", kDevice | kMapped | kKernels},
    {"CParameters.", kDevice | kMapped | kKernels},
    {"Check.", kDevice | kKernels},
    {"Copies.", kDevice | kMapped},
    {"Descriptors.", kDevice | kMapped | kKernels},
    {"DeviceAddress.OfDeviceMemory", kDevice},
    {"DeviceAddress.OfMappedMemory", kMapped},
    {"DeviceAddress.OfThePair", kMapped},
    {"DeviceAddress.StaysReserved", kDevice | kMapped},
    {"DeviceAddress.", kDevice | kMapped | kImported},
    {"DeviceMemory.IsAllocatedAndFreedFromSeveralThreads", kDevice | kMapped},
    {"DeviceMemory.KeepsItsContentsBetweenLaunches", kDevice | kKernels},
    {"DeviceMemory.", kDevice},
    {"DeviceProcess.", kMapped | kKernels | kAfterReset},
    {"EndlessKernel.", kMapped | kKernels | kAfterReset},
    {"Executables.SayTheirFormatThroughTheDevice", kNothing},
    {"Executables.", kMapped | kKernels},
    {"Fault.LetsEverythingBeFreed", kDevice | kMapped | kImported | kKernels},
    {"Fault.", kDevice | kMapped | kKernels | kAfterReset},
    {"HostAddress.ThatIsNoLongerRegistered", kMapped | kImported | kKernels | kAfterReset},
    {"HostAddress.", kMapped | kKernels | kAfterReset},
    {"HostFault.Handler", kNothing},
    {"HostFault.", kDevice},
    {"ImportedMemory.ComesBackToItsOwnerOnReset", kImported | kAfterReset},
    {"ImportedMemory.", kImported | kKernels},
    {"MappedMemory.", kDevice | kMapped | kKernels},
    {"MappedMemoryDuringALaunch.", kMapped | kKernels},
    {"MemoryOfAnyKind.CountsAgainstTheFreeBytesAndComesBack", kDevice | kMapped},
    {"OpenDevice.IsBusyToCloseWhileObjectsOfItLive", kDevice | kMapped | kImported | kKernels},
    {"OpenDevice.IsUnusableInAForkedChildAndTheHintSaysWhy", kDevice | kKernels},
    {"OpenDevice.LivesOnWhenAForkedChildEnds", kMapped | kKernels},
    {"OpenDevice.IsTheSameWhenOpenedAgainAndCounted", kDevice},
    {"Pair.", kDevice | kMapped | kKernels},
    {"RefusedAllocation.BeyondTheCapacity", kDevice | kMapped},
    {"RefusedAllocation.BeyondWhatIsLeft", kDevice},
    {"RefusedCopy.", kDevice | kMapped},
    {"RefusedFree.OfAnAddressForAHandle", kMapped},
    {"RefusedFree.OfWhatIsFreedAlready", kNothing},
    {"RefusedFree.WhereUnregisterWasDueAndTheReverse", kImported},
    {"RefusedFree.", kDevice | kMapped | kImported | kKernels},
    {"RefusedLaunch.", kDevice | kMapped | kKernels},
    {"RefusedObject.", kKernels},
    {"RefusedRegistration.", kImported},
    {"RefusedSync.", kDevice | kMapped},
    {"RefusedWait.", kDevice | kMapped | kKernels},
    {"Reset.", kDevice | kMapped | kKernels | kAfterReset},
    {"SecondOpen.", kDevice | kMapped | kKernels},
    {"SeededBug.", kMapped | kKernels},
    {"Streams.", kDevice | kMapped | kKernels},
    {"StructSize.OfAQuestionOfEveryBackend", kNothing},
    {"StructSize.OfAnswersOfEveryBackend", kNothing},
    {"StructSize.", kDevice | kMapped | kImported | kKernels},
    {"WrongHandle.OfAnotherDevice", kDevice | kKernels},
    {"WrongHandle.ThatIsAStreamWithWork", kMapped | kKernels},
};

unsigned needs_of(std::string_view row) {
  for (const Row &entry : kRows)
    if (row.starts_with(entry.prefix)) return entry.needs;
  return kNothing;
}

bool lacks_memory(hal_device_t device, hal_mem_kind_t kind) {
  const auto desc = describe(kind, kPage);
  auto caps = sized<hal_mem_caps_t>();
  return hal_mem_query(device, &desc, &caps) == HAL_OK && caps.verdict == HAL_ERR_UNSUPPORTED;
}

// A backend with kernels returns INVALID_ARGUMENT, because these bytes are not a kernel object.
bool lacks_kernels(hal_device_t device) {
  hal_executable_t none = nullptr;
  return hal_executable_load_data(device, "no object", 9, &none) == HAL_ERR_UNSUPPORTED;
}

}  // namespace

std::string missing_for(std::string_view row, hal_device_t device) {
  const unsigned needs = needs_of(row);
  if ((needs & kDevice) != 0 && lacks_memory(device, HAL_MEM_DEVICE)) return "DEVICE memory is UNSUPPORTED";
  if ((needs & kMapped) != 0 && lacks_memory(device, HAL_MEM_HOST_MAPPED)) return "HOST_MAPPED memory is UNSUPPORTED";
  if ((needs & kImported) != 0 && lacks_memory(device, HAL_MEM_HOST_IMPORTED))
    return "HOST_IMPORTED memory is UNSUPPORTED";
  if ((needs & kKernels) != 0 && lacks_kernels(device)) return last_failure();
  if ((needs & kAfterReset) != 0 && hal_device_reset(device) == HAL_ERR_UNSUPPORTED) return last_failure();
  return {};
}

bool has_kernels(hal_device_t device) { return !lacks_kernels(device); }

bool needs_kernels(std::string_view row) { return (needs_of(row) & kKernels) != 0; }

bool never_has(hal_status_t status) { return status == HAL_ERR_UNSUPPORTED && !options.require_all; }

}  // namespace hal::conformance
