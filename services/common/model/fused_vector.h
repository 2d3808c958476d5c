// Vectors of numbers, and the activations of an LSTM on them.
//
// GCC's vector extensions: one source for every width. Everything here and in
// what includes this is a template of the width, and each width is instantiated
// in one source file only, which is compiled for the processors that have it;
// so no code of one processor can be linked into the functions of another.

#ifndef SERVICES_COMMON_MODEL_FUSED_VECTOR_H_
#define SERVICES_COMMON_MODEL_FUSED_VECTOR_H_

#include <cstdint>
#include <cstring>
#include <utility>

namespace stagecoach {

// What the exponential needs to know of a type.
template <typename T>
struct ExponentialOf;

template <>
struct ExponentialOf<float> {
  using Bits = int32_t;
  static constexpr int kMantissaBits = 23;
  static constexpr int kBias = 127;
  // log(2) in two parts, the first with so few bits that its multiples by
  // whole numbers of the exponent's range are exact.
  static constexpr float kLog2High = 0.693359375F;
  static constexpr float kLog2Low = -2.12194440054690583e-4F;
  // 1.5 * 2^kMantissaBits: adding it rounds to a whole number.
  static constexpr float kRounder = 12582912.0F;
  // The next term of the series is below 2^-26 of the first.
  static constexpr int kTerms = 7;
  // exp() of it and of its negative are normal numbers.
  static constexpr float kLargest = 87.0F;
};

template <>
struct ExponentialOf<double> {
  using Bits = int64_t;
  static constexpr int kMantissaBits = 52;
  static constexpr int kBias = 1023;
  static constexpr double kLog2High = 6.93145751953125e-1;
  static constexpr double kLog2Low = 1.42860682030941723212e-6;
  static constexpr double kRounder = 6755399441055744.0;
  static constexpr int kTerms = 13;
  static constexpr double kLargest = 708.0;
};

template <typename T, int kBytes>
struct Vectors {
  static constexpr int kLanes = kBytes / sizeof(T);
  using Constants = ExponentialOf<T>;
  using Bits = typename Constants::Bits;
  using Vector __attribute__((vector_size(kBytes))) = T;
  using BitsVector __attribute__((vector_size(kBytes))) = Bits;

  // `count` rounded up to whole vectors.
  static constexpr int64_t Padded(int64_t count) {
    return (count + kLanes - 1) / kLanes * kLanes;
  }

  static void Fill(T* to, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = 0;
  }
  static void CopyRows(const T* from, int64_t from_row, T* to, int64_t to_row,
                       int64_t rows, int64_t size) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t j = 0; j < size; ++j) to[j] = from[j];
      from += from_row;
      to += to_row;
    }
  }

  [[gnu::always_inline]] static Vector Load(const T* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof(vector));
    return vector;
  }
  [[gnu::always_inline]] static void Store(T* to, Vector vector) {
    std::memcpy(to, &vector, sizeof(vector));
  }
  // Only the first `count` lanes; the others are zero.
  [[gnu::always_inline]] static Vector LoadFirst(const T* from, int64_t count) {
    if (count >= kLanes) return Load(from);
    T lanes[kLanes] = {};
    for (int64_t i = 0; i < count; ++i) lanes[i] = from[i];
    return Load(lanes);
  }
  [[gnu::always_inline]] static void StoreFirst(T* to, Vector vector,
                                                int64_t count) {
    if (count >= kLanes) return Store(to, vector);
    T lanes[kLanes];
    Store(lanes, vector);
    for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
  }
  // The first `count` lanes, and zeros.
  [[gnu::always_inline]] static Vector First(Vector vector, int64_t count) {
    if (count >= kLanes) return vector;
    const Vector counted = Counting(std::make_index_sequence<kLanes>());
    return counted < All(static_cast<T>(count)) ? vector : Vector{};
  }
  // a0 b0 a1 b1 …, of the first and of the second half of the lanes.
  [[gnu::always_inline]] static Vector InterleaveLow(Vector a, Vector b) {
    return Interleave<0>(a, b, std::make_index_sequence<kLanes>());
  }
  [[gnu::always_inline]] static Vector InterleaveHigh(Vector a, Vector b) {
    return Interleave<kLanes / 2>(a, b, std::make_index_sequence<kLanes>());
  }
  [[gnu::always_inline]] static Vector All(T value) { return value - Vector{}; }

  // exp(x) - 1 for |x| up to kLargest, with a relative error of at most 4
  // units in the last place also near zero: Cody and Waite's reduction to
  // |r| <= log(2) / 2, and there the power series.
  [[gnu::always_inline]] static Vector Expm1(Vector x) {
    constexpr T kLog2OfE = static_cast<T>(1.44269504088896340736);
    const Vector shifted = x * kLog2OfE + Constants::kRounder;
    const Vector n = shifted - Constants::kRounder;
    const Vector r = (x - n * Constants::kLog2High) - n * Constants::kLog2Low;
    Vector series = All(InverseFactorial(Constants::kTerms));
#pragma GCC unroll 16
    for (int k = Constants::kTerms - 1; k >= 1; --k) {
      series = series * r + InverseFactorial(k);
    }
    series *= r;
    // The low bits of `shifted` are n; they become the exponent of 2^n.
    constexpr Bits kOne = Bits{Constants::kBias} << Constants::kMantissaBits;
    BitsVector bits;
    std::memcpy(&bits, &shifted, sizeof(bits));
    bits = (bits << Constants::kMantissaBits) + kOne;
    Vector power;
    std::memcpy(&power, &bits, sizeof(power));
    return series * power + (power - 1);
  }

  [[gnu::always_inline]] static Vector Sigmoid(Vector x) {
    return 1 / (2 + Expm1(Clamped(-x)));
  }
  [[gnu::always_inline]] static Vector Tanh(Vector x) {
    const Vector e = Expm1(Clamped(x + x));
    // Beyond, e + 2 is e, and both may be too large for their quotient.
    return e / (e + 2);
  }

 private:
  static constexpr T InverseFactorial(int n) {
    double factorial = 1;
    for (int i = 2; i <= n; ++i) factorial *= i;
    return static_cast<T>(1 / factorial);
  }
  template <size_t... kLane>
  [[gnu::always_inline]] static Vector Counting(
      std::index_sequence<kLane...> lanes) {
    return Vector{static_cast<T>(kLane)...};
  }
  template <int kFirst, size_t... kLane>
  [[gnu::always_inline]] static Vector Interleave(
      Vector a, Vector b, std::index_sequence<kLane...> lanes) {
    return __builtin_shufflevector(
        a, b, (kFirst + kLane / 2 + kLane % 2 * kLanes)...);
  }
  // NaN stays what it is.
  [[gnu::always_inline]] static Vector Clamped(Vector x) {
    const Vector high = All(Constants::kLargest);
    x = x > high ? high : x;
    return x < -high ? -high : x;
  }
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_VECTOR_H_
