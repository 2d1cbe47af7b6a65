// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace standin {

struct PlaceHolder {
  std::uint32_t address_offset, data_offset;
};

// The arguments of a kernel: first the parameters, then the data that placeholders point to.
struct Packed {
  std::vector<char> bytes;
  std::vector<PlaceHolder> placeholders;
  std::size_t parameter_bytes = 0;
};

struct Parameter {
  void *handle = nullptr;
  std::vector<char> value;  // whole words
  bool placeholder = false;
  std::unique_ptr<char[]> data;
  std::size_t data_bytes = 0;
};

struct ArgumentList {
  void *function = nullptr;
  bool finalized = false;
  std::vector<Parameter> parameters;
};

// False if a placeholder has no data.
bool pack(const ArgumentList &list, Packed &out);

}  // namespace standin
