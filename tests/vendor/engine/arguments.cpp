// SPDX-License-Identifier: Apache-2.0
//
// The handle style of kernel arguments.
#include "arguments.hpp"

#include <cstring>

#include "engine.hpp"

namespace standin {
namespace {

constexpr std::size_t parameter_limit = 128;

ArgumentList *find_list(Engine &e, void *handle, int &code) {
  const auto it = e.arguments.find(handle);
  if (it != e.arguments.end()) return it->second.get();
  code = because(code::invalid_handle, "%p is not an argument list", handle);
  return nullptr;
}

Parameter *find_parameter(ArgumentList &list, void *handle, int &code) {
  for (Parameter &parameter : list.parameters) {
    if (parameter.handle == handle) return &parameter;
  }
  code = because(code::invalid_handle, "%p is not a parameter of this list", handle);
  return nullptr;
}

std::vector<char> words(const void *value, std::uint64_t bytes) {
  std::vector<char> out((bytes + 7) / 8 * 8);
  std::memcpy(out.data(), value, bytes);
  return out;
}

int append(void *handle, std::vector<char> value, bool placeholder, void **out) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  ArgumentList *list = find_list(e, handle, code);
  if (list == nullptr) return code;
  if (list->finalized) return because(code::invalid, "the list is finalised");
  if (list->parameters.size() >= parameter_limit)
    return because(code::over_limit, "more than %zu parameters", parameter_limit);
  Parameter parameter;
  parameter.handle = *out = new_handle(e);
  parameter.value = std::move(value);
  parameter.placeholder = placeholder;
  list->parameters.push_back(std::move(parameter));
  return 0;
}

}  // namespace

bool pack(const ArgumentList &list, Packed &out) {
  for (const Parameter &parameter : list.parameters) {
    out.bytes.insert(out.bytes.end(), parameter.value.begin(), parameter.value.end());
  }
  out.parameter_bytes = out.bytes.size();
  std::uint32_t at = 0;
  for (const Parameter &parameter : list.parameters) {
    if (parameter.placeholder) {
      if (parameter.data == nullptr) return false;
      out.bytes.resize((out.bytes.size() + 31) / 32 * 32);
      out.placeholders.push_back({at, static_cast<std::uint32_t>(out.bytes.size())});
      out.bytes.insert(out.bytes.end(), parameter.data.get(), parameter.data.get() + parameter.data_bytes);
    }
    at += static_cast<std::uint32_t>(parameter.value.size());
  }
  return true;
}

// The list belongs to the function. The fact sheet does not say when it ends, so it lives as long as the binary.
int args_init(void *function, void **out) {
  if (function == nullptr || out == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.functions.count(function) == 0) return because(code::invalid_handle, "%p is not a function", function);
  auto list = std::make_shared<ArgumentList>();
  list->function = function;
  *out = new_handle(e);
  e.arguments[*out] = std::move(list);
  return 0;
}

int args_append(void *handle, const void *value, std::uint64_t bytes, void **out) {
  if (value == nullptr || bytes == 0 || out == nullptr) return bad_argument("null pointer or size 0");
  return append(handle, words(value, bytes), false, out);
}

int args_append_placeholder(void *handle, void **out) {
  if (out == nullptr) return bad_argument("null output");
  return append(handle, std::vector<char>(8), true, out);
}

int args_placeholder_buffer(void *handle, void *parameter_handle, std::uint64_t bytes, void **out) {
  if (bytes == 0 || out == nullptr) return bad_argument("null output or size 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  ArgumentList *list = find_list(e, handle, code);
  Parameter *parameter = list == nullptr ? nullptr : find_parameter(*list, parameter_handle, code);
  if (parameter == nullptr) return code;
  if (!parameter->placeholder) return because(code::invalid, "the parameter is not a placeholder");
  if (list->finalized) return because(code::invalid, "the list is finalised");
  parameter->data = std::make_unique<char[]>(bytes);
  parameter->data_bytes = bytes;
  std::memset(parameter->data.get(), 0xa5, bytes);
  *out = parameter->data.get();
  return 0;
}

int args_update(void *handle, void *parameter_handle, const void *value, std::uint64_t bytes) {
  if (value == nullptr || bytes == 0) return bad_argument("null pointer or size 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  ArgumentList *list = find_list(e, handle, code);
  Parameter *parameter = list == nullptr ? nullptr : find_parameter(*list, parameter_handle, code);
  if (parameter == nullptr) return code;
  std::vector<char> fresh = words(value, bytes);
  if (parameter->placeholder || fresh.size() != parameter->value.size()) {
    return because(code::invalid, "the parameter is a placeholder, or its size differs from when it was appended");
  }
  parameter->value = std::move(fresh);
  list->finalized = false;  // the caller must finalise it again
  return 0;
}

int args_finalize(void *handle) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  ArgumentList *list = find_list(e, handle, code);
  if (list == nullptr) return code;
  list->finalized = true;
  return 0;
}

}  // namespace standin
