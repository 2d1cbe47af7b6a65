// SPDX-License-Identifier: Apache-2.0
//
// c = a * b, float32, stored row by row, for the cube cores.
//   tensors 0 to 2: a [m][k], b [k][n] (read), c [m][n] (written)
//   scalars 3 to 5: m, k, n, uint32
// c is divided into tiles of TILE x TILE. Block i computes the tiles i, i + block count, and so on. For one tile of c,
// a block steps along a row of tiles in a and a column of tiles in b. In each step it copies one pair of tiles into
// local memory and adds their product. The tiles at the right and lower edges are smaller if a size is not a multiple
// of TILE.
#include "hal/kernel.h"

#ifndef TILE
#define TILE 16
#endif

namespace {

struct Tile {
  float at[TILE][TILE];
};

// The rows and columns of a matrix that a tile covers.
struct Part {
  uint32_t row, column, rows, columns;
};

HAL_DEVICE_FUNCTION uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

HAL_DEVICE_FUNCTION uint32_t tiles_of(uint32_t size) { return size / TILE + (size % TILE != 0 ? 1 : 0); }

// Returns the part of a matrix of rows x columns that a tile covers, limited at the edges.
HAL_DEVICE_FUNCTION Part part_of(uint32_t tile_row, uint32_t tile_column, uint32_t rows, uint32_t columns) {
  const uint32_t row = tile_row * TILE;
  const uint32_t column = tile_column * TILE;
  return {row, column, smaller(TILE, rows - row), smaller(TILE, columns - column)};
}

HAL_DEVICE_FUNCTION void load(Tile &tile, const HAL_GM float *matrix, uint64_t width, const Part &part) {
  for (uint32_t i = 0; i < part.rows; ++i) {
    for (uint32_t j = 0; j < part.columns; ++j) tile.at[i][j] = matrix[(part.row + i) * width + part.column + j];
  }
}

HAL_DEVICE_FUNCTION void store(HAL_GM float *matrix, uint64_t width, const Part &part, const Tile &tile) {
  for (uint32_t i = 0; i < part.rows; ++i) {
    for (uint32_t j = 0; j < part.columns; ++j) matrix[(part.row + i) * width + part.column + j] = tile.at[i][j];
  }
}

// sum += a * b. a has `rows` rows and `inner` columns; b has `inner` rows and `columns` columns.
HAL_DEVICE_FUNCTION void multiply_add(Tile &sum, const Tile &a, const Tile &b, uint32_t rows, uint32_t inner,
                                      uint32_t columns) {
  for (uint32_t i = 0; i < rows; ++i) {
    for (uint32_t p = 0; p < inner; ++p) {
      for (uint32_t j = 0; j < columns; ++j) sum.at[i][j] += a.at[i][p] * b.at[p][j];
    }
  }
}

}  // namespace

HAL_KERNEL(tiled_matmul) {
  const HAL_GM float *a = hal_arg_pointer<float>(args, 0);
  const HAL_GM float *b = hal_arg_pointer<float>(args, 1);
  HAL_GM float *c = hal_arg_pointer<float>(args, 2);
  const uint32_t m = hal_arg_scalar<uint32_t>(args, 3);
  const uint32_t k = hal_arg_scalar<uint32_t>(args, 4);
  const uint32_t n = hal_arg_scalar<uint32_t>(args, 5);

  const uint32_t tile_columns = tiles_of(n);
  const uint64_t tiles = static_cast<uint64_t>(tiles_of(m)) * tile_columns;
  Tile left, right;
  for (uint64_t tile = hal_block_index(args); tile < tiles; tile += hal_block_count(args)) {
    const uint32_t tile_row = static_cast<uint32_t>(tile / tile_columns);
    const uint32_t tile_column = static_cast<uint32_t>(tile % tile_columns);
    const Part result = part_of(tile_row, tile_column, m, n);
    Tile sum = {};
    for (uint32_t step = 0; step < tiles_of(k); ++step) {
      const Part left_part = part_of(tile_row, step, m, k);
      load(left, a, k, left_part);
      load(right, b, n, part_of(step, tile_column, k, n));
      multiply_add(sum, left, right, result.rows, left_part.columns, result.columns);
    }
    store(c, n, result, sum);
  }
}
