// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects. Accepts only objects with the stand-in's mark that are for the configured chip.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "arguments.hpp"
#include "engine.hpp"

namespace standin {
namespace {

constexpr std::uint32_t option_lazy = 1, option_magic = 2, option_cpu = 3;
constexpr std::uint32_t magics[] = {0x43554245, 0x41415246, 0x41494343};

struct LoadOptions {
  const struct { std::uint32_t type, value[4]; } * options;
  std::size_t count;
};

std::string value_of(std::string_view payload, std::string_view key) {
  for (std::size_t at = 0; at < payload.size();) {
    const std::size_t end = std::min(payload.find('\0', at), payload.size());
    const std::string_view pair = payload.substr(at, end - at);
    if (pair.size() > key.size() && pair.substr(0, key.size()) == key && pair[key.size()] == '=') {
      return std::string(pair.substr(key.size() + 1));
    }
    at = end + 1;
  }
  return {};
}

// The payload of the note from vendor_kernel.h; empty for other or truncated bytes.
std::string mark_of(const char *data, std::size_t bytes) {
  Elf64_Ehdr header;
  if (bytes < sizeof header) return {};
  std::memcpy(&header, data, sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) return {};
  std::string mark;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const std::size_t at = header.e_phoff + i * sizeof segment;
    if (at > bytes || bytes - at < sizeof segment) return {};
    std::memcpy(&segment, data + at, sizeof segment);
    // dlopen would load a truncated object, and the process would crash at its first missing page.
    if (segment.p_offset > bytes || bytes - segment.p_offset < segment.p_filesz) return {};
    if (segment.p_type != PT_NOTE) continue;
    const std::string_view notes(data + segment.p_offset, segment.p_filesz);
    for (std::size_t n = 0; notes.size() - n >= sizeof(Elf64_Nhdr);) {
      Elf64_Nhdr note;
      std::memcpy(&note, notes.data() + n, sizeof note);
      const std::size_t align = segment.p_align == 8 ? 8 : 4;
      const std::size_t name = n + sizeof note, payload = (name + note.n_namesz + align - 1) / align * align;
      const std::size_t next = (payload + note.n_descsz + align - 1) / align * align;
      if (payload > notes.size() || notes.size() - payload < note.n_descsz) break;
      if (notes.substr(name, note.n_namesz) == std::string_view("standin", 8)) {
        mark = notes.substr(payload, note.n_descsz);
      }
      if (next >= notes.size()) break;
      n = next;
    }
  }
  return mark;
}

int check_options(Engine &e, const LoadOptions *wishes) {
  for (std::size_t i = 0; wishes != nullptr && i < wishes->count; ++i) {
    const auto &one = wishes->options[i];
    bool good = one.type == option_lazy || (one.type == option_cpu && e.release >= 850);
    for (const std::uint32_t magic : magics) good = good || (one.type == option_magic && one.value[0] == magic);
    if (!good) return because(code::invalid, "load option %u = %#x", one.type, one.value[0]);
  }
  return 0;
}

// The file stays open while the object is loaded: glibc identifies objects by name, and the descriptor is part of it.
void *open_object(const char *data, std::size_t bytes, int &file, std::string &error) {
  file = ::memfd_create("standin-kernel", MFD_CLOEXEC);
  std::size_t written = 0;
  while (file >= 0 && written < bytes) {
    const ssize_t n = ::write(file, data + written, bytes - written);
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  void *library = nullptr;
  if (written == bytes) {
    library = ::dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) error = ::dlerror();
  }
  if (library == nullptr && file >= 0) ::close(file);
  return library;
}

// The fact sheet does not give the codes for unusable objects, so all of them are `invalid`.
int load(const char *data, std::size_t bytes, const void *options, void **out) {
  if (data == nullptr || bytes == 0 || out == nullptr) return bad_argument("null pointer or size 0");
  Engine &e = engine();
  auto binary = std::make_unique<Binary>();
  {
    std::lock_guard guard(e.mutex);
    int code = 0;
    const Context *context = need_context(e, code);
    if (context == nullptr) return code;
    code = check_options(e, static_cast<const LoadOptions *>(options));
    if (code != 0) return code;
    binary->context = context->handle;
    binary->device = context->device;
    const std::string mark = mark_of(data, bytes);
    binary->chip = value_of(mark, "chip");
    binary->engine = value_of(mark, "engine");
    if (mark.empty())
      return because(code::invalid, "not an object for this runtime: it lacks the mark of the stand-in");
    if (binary->chip != e.config.soc.chip) {
      return because(code::invalid, "the object is for chip %s, but the device is %s", binary->chip.c_str(),
                     e.config.soc.name.c_str());
    }
    if (binary->engine != "aic" && binary->engine != "aiv") {
      return because(code::invalid, "the object is for engine %s, not for aic or aiv", binary->engine.c_str());
    }
  }
  // Without the lock: another thread that opens a library holds the loader's lock and waits for ours.
  std::string error;
  binary->library = open_object(data, bytes, binary->file, error);
  if (binary->library == nullptr) return because(code::invalid, "%s", error.c_str());
  std::lock_guard guard(e.mutex);
  binary->handle = new_handle(e);
  *out = binary->handle;
  e.binaries[binary->handle] = std::move(binary);
  return 0;
}

}  // namespace

std::vector<char> read_bytes(const char *path) {
  std::vector<char> out;
  std::FILE *file = std::fopen(path, "rbe");
  if (file == nullptr) return out;
  char part[65536];
  for (std::size_t n; (n = std::fread(part, 1, sizeof part, file)) != 0;) out.insert(out.end(), part, part + n);
  std::fclose(file);
  return out;
}

void unload(Engine &e, void *handle) {
  const auto it = e.binaries.find(handle);
  if (it == e.binaries.end()) return;
  for (auto at = e.arguments.begin(); at != e.arguments.end();) {
    const auto function = e.functions.find(at->second->function);
    const bool here = function != e.functions.end() && function->second->binary == handle;
    at = here ? e.arguments.erase(at) : std::next(at);
  }
  for (auto at = e.functions.begin(); at != e.functions.end();) {
    at = at->second->binary == handle ? e.functions.erase(at) : std::next(at);
  }
  const std::string path = "/proc/self/fd/" + std::to_string(it->second->file);
  ::dlclose(it->second->library);
  void *still = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (still == nullptr) {
    ::close(it->second->file);
  } else {
    ::dlclose(still);
  }
  e.binaries.erase(it);
}

int binary_from_file(const char *path, const void *options, void **out) {
  if (path == nullptr || out == nullptr) return bad_argument("null");
  if (path[0] != '/') return because(code::invalid_file, "\"%s\" is not an absolute path", path);
  const std::vector<char> bytes = read_bytes(path);
  if (bytes.empty()) return because(code::open_failed, "\"%s\" cannot be read or is empty", path);
  return load(bytes.data(), bytes.size(), options, out);
}

int binary_from_data(const void *data, std::uint64_t bytes, const void *options, void **out) {
  return load(static_cast<const char *>(data), bytes, options, out);
}

void *binary_create(const void *data, std::uint64_t bytes) {
  if (data == nullptr || bytes == 0) return nullptr;
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  void *handle = new_handle(e);
  e.descriptions[handle].assign(static_cast<const char *>(data), static_cast<const char *>(data) + bytes);
  return handle;
}

int binary_destroy(void *description) {
  if (description == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  return e.descriptions.erase(description) != 0 ? 0 : because(code::invalid_handle, "%p is not a binary", description);
}

int binary_load(const void *description, void **out) {
  if (description == nullptr || out == nullptr) return bad_argument("null");
  std::vector<char> bytes;
  {
    Engine &e = engine();
    std::lock_guard guard(e.mutex);
    const auto it = e.descriptions.find(const_cast<void *>(description));
    if (it == e.descriptions.end()) return because(code::invalid_handle, "%p is not a binary", description);
    bytes = it->second;
  }
  return load(bytes.data(), bytes.size(), nullptr, out);
}

int binary_unload(void *handle) {
  if (handle == nullptr) return bad_argument("null binary");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code, Use::release);
  if (context == nullptr) return code;
  const auto it = e.binaries.find(handle);
  if (it == e.binaries.end()) return because(code::invalid_handle, "%p is not a loaded binary", handle);
  if (it->second->context != context->handle) {
    violation("binary %p was unloaded in another context than it was loaded in", handle);
    return because(code::invalid, "the binary was loaded in another context");
  }
  if (it->second->launches != 0) {
    violation("binary %p was unloaded during a launch", handle);
    return because(code::invalid, "a launch is not complete");
  }
  unload(e, handle);
  return 0;
}

namespace {
// A function that the object itself exports. dlsym also searches the libraries that the object needs.
void *exported(const Binary &binary, const char *name, bool is_function) {
  void *found = ::dlsym(binary.library, name);
  struct link_map *map = nullptr;
  const ElfW(Sym) *symbol = nullptr;
  Dl_info info;
  if (found == nullptr || ::dlinfo(binary.library, RTLD_DI_LINKMAP, &map) != 0 ||
      ::dladdr1(found, &info, reinterpret_cast<void **>(const_cast<ElfW(Sym) **>(&symbol)), RTLD_DL_SYMENT) == 0)
    return nullptr;
  const bool is_its_own = info.dli_fbase == reinterpret_cast<void *>(map->l_addr) && symbol != nullptr;
  return is_its_own && (!is_function || ELF64_ST_TYPE(symbol->st_info) == STT_FUNC) ? found : nullptr;
}
}  // namespace

int binary_function(void *handle, const char *name, void **out) {
  if (handle == nullptr || name == nullptr || out == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const auto it = e.binaries.find(handle);
  if (it == e.binaries.end()) return because(code::invalid_handle, "%p is not a loaded binary", handle);
  for (const auto &[known, function] : e.functions) {
    if (function->binary != handle || function->name != name) continue;
    *out = known;
    return 0;
  }
  auto function = std::make_unique<Function>();
  function->code = exported(*it->second, name, true);
  function->state = exported(*it->second, "standin_kernel_state_v1", false);
  const auto *kinds = static_cast<const char *const *>(
      exported(*it->second, ("standin_parameters_" + std::string(name)).c_str(), false));
  function->kinds = kinds != nullptr ? *kinds : nullptr;
  if (function->code == nullptr || function->state == nullptr) {
    return because(code::kernel_not_found, "the binary has no kernel \"%s\"", name);
  }
  function->handle = new_handle(e);
  function->binary = handle;
  function->name = name;
  *out = function->handle;
  e.functions[function->handle] = std::move(function);
  return 0;
}

int function_name(void *handle, std::uint32_t bytes, char *name) {
  if (name == nullptr || bytes == 0) return bad_argument("null pointer or size 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  const auto it = e.functions.find(handle);
  if (it == e.functions.end()) return because(code::invalid_handle, "%p is not a function", handle);
  if (it->second->name.size() >= bytes) return because(code::invalid, "%u bytes are too few", bytes);
  std::snprintf(name, bytes, "%s", it->second->name.c_str());
  return 0;
}

int function_address(void *handle, void **aic, void **aiv) {
  if (aic == nullptr || aiv == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  const auto it = e.functions.find(handle);
  if (it == e.functions.end()) return because(code::invalid_handle, "%p is not a function", handle);
  const bool cube = e.binaries.at(it->second->binary)->engine == "aic";
  *aic = cube ? it->second->code : nullptr;
  *aiv = cube ? nullptr : it->second->code;
  return 0;
}

}  // namespace standin
