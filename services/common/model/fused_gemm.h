// Products of small matrices, without the cost of setting one up.
//
// The loops of BLIS (https://doi.org/10.1145/2764454) without its packing of
// the left factor: a block of the result stays in registers, four or eight rows
// by up to three vectors, while the inner dimension runs.

#ifndef SERVICES_COMMON_MODEL_FUSED_GEMM_H_
#define SERVICES_COMMON_MODEL_FUSED_GEMM_H_

#include <cstdint>

#include "services/common/model/fused_vector.h"

namespace stagecoach {

// The left factor of a product: element (i, k) is at[i * row + k * column].
template <typename T>
struct LeftFactor {
  const T* at;
  int64_t row;
  int64_t column;
};

template <typename T, int kBytes>
class SmallGemm {
 public:
  using V = Vectors<T, kBytes>;

  // Packs `matrix` [rows, columns], its rows `row` apart, for MultiplyPacked:
  // panels of up to three vectors of columns, each row by row. Columns are
  // filled up with zeros to whole vectors. `packed` takes
  // rows * Padded(columns).
  static void Pack(const T* matrix, int64_t row, int64_t rows, int64_t columns,
                   T* packed) {
    const int64_t padded = V::Padded(columns);
    for (int64_t first = 0; first < padded;) {
      const int64_t width = PanelVectors(padded - first) * V::kLanes;
      for (int64_t k = 0; k < rows; ++k) {
        for (int64_t j = 0; j < width; j += V::kLanes) {
          const T* const from = matrix + k * row + first + j;
          const int64_t there = columns - first - j;
          // Beyond the end of a row stands the next one, which costs less to
          // blank out than not to read.
          const bool is_readable = (rows - 1 - k) * row + there >= V::kLanes;
          V::Store(packed + j, is_readable ? V::First(V::Load(from), there)
                                           : V::LoadFirst(from, there));
        }
        packed += width;
      }
      first += width;
    }
  }

  // The same for the transpose of `matrix` [columns, rows], its rows `row`
  // apart.
  static void PackTransposed(const T* matrix, int64_t row, int64_t rows,
                             int64_t columns, T* packed) {
    const int64_t padded = V::Padded(columns);
    for (int64_t first = 0; first < padded;) {
      const int64_t width = PanelVectors(padded - first) * V::kLanes;
      for (int64_t j = 0; j < width; j += V::kLanes) {
        const T* const from = matrix + (first + j) * row;
        const int64_t there = columns - first - j;
        int64_t k = 0;
        if (there >= V::kLanes) {
          for (; k + V::kLanes <= rows; k += V::kLanes) {
            TransposeBlock(from + k, row, packed + k * width + j, width);
          }
        }
        for (; k < rows; ++k) {
          for (int64_t lane = 0; lane < V::kLanes; ++lane) {
            packed[k * width + j + lane] =
                lane < there ? from[lane * row + k] : 0;
          }
        }
      }
      packed += rows * width;
      first += width;
    }
  }

  // c [m, n] += a [m, k] b [k, n], with b packed; rows of c are `c_row` apart.
  static void MultiplyPacked(LeftFactor<T> a, const T* b, T* c, int64_t c_row,
                             int64_t m, int64_t n, int64_t k) {
    const int64_t padded = V::Padded(n);
    for (int64_t first = 0; first < padded;) {
      const int64_t vectors = PanelVectors(padded - first);
      const int64_t width = vectors * V::kLanes;
      Panel(vectors, a, b, width, c + first, c_row, m, n - first, k);
      b += width * k;
      first += width;
    }
  }

  // The same with b as it is, its rows `b_row` apart and readable up to
  // Padded(n).
  static void Multiply(LeftFactor<T> a, const T* b, int64_t b_row, T* c,
                       int64_t c_row, int64_t m, int64_t n, int64_t k) {
    // So many rows of both factors stay in the first cache.
    constexpr int64_t kInner = 128;
    for (int64_t k0 = 0; k0 < k; k0 += kInner) {
      const LeftFactor<T> part = {a.at + k0 * a.column, a.row, a.column};
      const int64_t inner = k - k0 < kInner ? k - k0 : kInner;
      const int64_t padded = V::Padded(n);
      for (int64_t first = 0; first < padded;) {
        const int64_t vectors = PanelVectors(padded - first);
        Panel(vectors, part, b + k0 * b_row + first, b_row, c + first, c_row, m,
              n - first, inner);
        first += vectors * V::kLanes;
      }
    }
  }

 private:
  using Vector = typename V::Vector;

  // As many as there are registers for: 32 of 64 bytes, 16 of less.
  static constexpr int kTileRows = kBytes == 64 ? 8 : 4;

  // As many rows as a vector has lanes. Each round deals the rows out like two
  // halves of a pack of cards; after log2(lanes) rounds rows are columns.
  static void TransposeBlock(const T* from, int64_t from_row, T* to,
                             int64_t to_row) {
    constexpr int kHalf = V::kLanes / 2;
    Vector rows[V::kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < V::kLanes; ++i) rows[i] = V::Load(from + i * from_row);
#pragma GCC unroll 4
    for (int dealt = 1; dealt < V::kLanes; dealt *= 2) {
      Vector next[V::kLanes];
#pragma GCC unroll 8
      for (int i = 0; i < kHalf; ++i) {
        next[2 * i] = V::InterleaveLow(rows[i], rows[i + kHalf]);
        next[2 * i + 1] = V::InterleaveHigh(rows[i], rows[i + kHalf]);
      }
#pragma GCC unroll 16
      for (int i = 0; i < V::kLanes; ++i) rows[i] = next[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < V::kLanes; ++i) V::Store(to + i * to_row, rows[i]);
  }

  // Three at a time, but nothing that leaves a single one over: a tile of one
  // vector waits for its own sums.
  static constexpr int64_t PanelVectors(int64_t columns_left) {
    const int64_t vectors = columns_left / V::kLanes;
    if (vectors == 4) return 2;
    return vectors < 3 ? vectors : 3;
  }

  static void Panel(int64_t vectors, LeftFactor<T> a, const T* b, int64_t b_row,
                    T* c, int64_t c_row, int64_t m, int64_t n, int64_t k) {
    switch (vectors) {
      case 1:
        return Rows<1>(a, b, b_row, c, c_row, m, n, k);
      case 2:
        return Rows<2>(a, b, b_row, c, c_row, m, n, k);
      default:
        return Rows<3>(a, b, b_row, c, c_row, m, n, k);
    }
  }

  template <int kVectors>
  static void Rows(LeftFactor<T> a, const T* b, int64_t b_row, T* c,
                   int64_t c_row, int64_t m, int64_t n, int64_t k) {
    for (; m >= kTileRows; m -= kTileRows) {
      Tile<kTileRows, kVectors>(a, b, b_row, c, c_row, n, k);
      a.at += kTileRows * a.row;
      c += kTileRows * c_row;
    }
    if (kTileRows > 4 && m >= 4) {
      Tile<4, kVectors>(a, b, b_row, c, c_row, n, k);
      a.at += 4 * a.row;
      c += 4 * c_row;
      m -= 4;
    }
    if (m == 3) Tile<3, kVectors>(a, b, b_row, c, c_row, n, k);
    if (m == 2) Tile<2, kVectors>(a, b, b_row, c, c_row, n, k);
    if (m == 1) Tile<1, kVectors>(a, b, b_row, c, c_row, n, k);
  }

  template <int kRows, int kVectors>
  static void Tile(LeftFactor<T> a, const T* b, int64_t b_row, T* c,
                   int64_t c_row, int64_t n, int64_t k) {
    Vector sums[kRows][kVectors] = {};
    for (int64_t inner = 0; inner < k; ++inner) {
      Vector right[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) right[v] = V::Load(b + v * V::kLanes);
#pragma GCC unroll 8
      for (int row = 0; row < kRows; ++row) {
        const Vector left = V::All(a.at[row * a.row]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[row][v] += left * right[v];
      }
      a.at += a.column;
      b += b_row;
    }
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        T* const to = c + row * c_row + v * V::kLanes;
        const int64_t there = n - v * V::kLanes;
        V::StoreFirst(to, V::LoadFirst(to, there) + sums[row][v], there);
      }
    }
  }
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_GEMM_H_
