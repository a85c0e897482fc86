#include "derrd/kernels/exp_log.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/exp_log.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// By exp(-|x|), which never overflows.
template <typename T>
HWY_INLINE void SigmoidsOf(const T* x, std::size_t n, T* out) {
  const Tag<T> d;
  const auto one = hn::Set(d, T{1});
  Map<T>(n, out, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const auto v = LoadUpTo(x + i, count);
    const auto e = ExpOf(d, hn::Neg(hn::Abs(v)));
    return hn::Div(hn::IfThenElse(hn::Lt(v, hn::Zero(d)), e, one), hn::Add(one, e));
  });
}

// x = softmax(x) over n numbers.
template <typename T>
HWY_INLINE void Softmax(std::size_t n, T* x) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  T highest = x[0];
  for (std::size_t i = 1; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
  const auto shift = hn::Set(d, highest);
  auto sum = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += lanes) {
    const auto e = ExpOf(d, hn::Sub(LoadUpTo(x + i, n - i), shift));
    StoreUpTo<T>(e, x + i, n - i);
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), e));
  }
  const auto scale = hn::Set(d, T{1} / hn::GetLane(hn::SumOfLanes(d, sum)));
  Map<T>(n, x, [&](std::size_t i, std::size_t count) HWY_ATTR {
    return hn::Mul(scale, LoadUpTo(x + i, count));
  });
}

template <typename T>
HWY_INLINE void SoftmaxOfRows(const T* bias, std::size_t rows, std::size_t n, T* x) {
  for (std::size_t r = 0; r < rows; ++r, x += n) {
    Map<T>(n, x, [&](std::size_t i, std::size_t count) HWY_ATTR {
      return hn::Add(LoadUpTo(x + i, count), LoadUpTo(bias + i, count));
    });
    Softmax(n, x);
  }
}

template <typename T>
HWY_INLINE void GumbelSoftmaxOfRows(const T* p, const T* g, T guard, T inverse_temperature,
                                    std::size_t rows, std::size_t n, T* out) {
  const Tag<T> d;
  const auto least = hn::Set(d, guard), scale = hn::Set(d, inverse_temperature);
  Map<T>(rows * n, out, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const auto log = LogOf(d, hn::Add(LoadUpTo(p + i, count), least));
    return hn::Mul(hn::Add(log, LoadUpTo(g + i, count)), scale);
  });
  for (std::size_t r = 0; r < rows; ++r) Softmax(n, out + r * n);
}

void ExpOfDifferenceF32(const float* a, const float* b, std::size_t n, float* out) {
  ExpOfDifferences(a, b, n, out);
}
void ExpOfDifferenceF64(const double* a, const double* b, std::size_t n, double* out) {
  ExpOfDifferences(a, b, n, out);
}
void ExpOfShiftedF32(const float* a, float b, std::size_t n, float* out) {
  ExpOfShifted(a, b, n, out);
}
void ExpOfShiftedF64(const double* a, double b, std::size_t n, double* out) {
  ExpOfShifted(a, b, n, out);
}
void SigmoidF32(const float* x, std::size_t n, float* out) { SigmoidsOf(x, n, out); }
void SigmoidF64(const double* x, std::size_t n, double* out) { SigmoidsOf(x, n, out); }
void SoftmaxRowsF32(const float* bias, std::size_t rows, std::size_t n, float* x) {
  SoftmaxOfRows(bias, rows, n, x);
}
void SoftmaxRowsF64(const double* bias, std::size_t rows, std::size_t n, double* x) {
  SoftmaxOfRows(bias, rows, n, x);
}
void GumbelSoftmaxRowsF32(const float* p, const float* g, float guard, float inverse_temperature,
                          std::size_t rows, std::size_t n, float* out) {
  GumbelSoftmaxOfRows(p, g, guard, inverse_temperature, rows, n, out);
}
void GumbelSoftmaxRowsF64(const double* p, const double* g, double guard,
                          double inverse_temperature, std::size_t rows, std::size_t n,
                          double* out) {
  GumbelSoftmaxOfRows(p, g, guard, inverse_temperature, rows, n, out);
}
void GumbelOfUniformF32(std::size_t n, float* x) {
  const Tag<float> d;
  Map<float>(n, x, [&](std::size_t i, std::size_t count) HWY_ATTR {
    return hn::Neg(LogOf(d, hn::Neg(LogOf(d, LoadUpTo(x + i, count)))));
  });
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(ExpOfDifferenceF32);
HWY_EXPORT(ExpOfDifferenceF64);
HWY_EXPORT(ExpOfShiftedF32);
HWY_EXPORT(ExpOfShiftedF64);
HWY_EXPORT(SigmoidF32);
HWY_EXPORT(SigmoidF64);
HWY_EXPORT(SoftmaxRowsF32);
HWY_EXPORT(SoftmaxRowsF64);
HWY_EXPORT(GumbelSoftmaxRowsF32);
HWY_EXPORT(GumbelSoftmaxRowsF64);
HWY_EXPORT(GumbelOfUniformF32);

void ExpOfDifference(const float* a, const float* b, std::size_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(ExpOfDifferenceF32)(a, b, n, out);
}
void ExpOfDifference(const double* a, const double* b, std::size_t n, double* out) {
  HWY_DYNAMIC_DISPATCH(ExpOfDifferenceF64)(a, b, n, out);
}
void ExpOfDifference(const float* a, float b, std::size_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(ExpOfShiftedF32)(a, b, n, out);
}
void ExpOfDifference(const double* a, double b, std::size_t n, double* out) {
  HWY_DYNAMIC_DISPATCH(ExpOfShiftedF64)(a, b, n, out);
}
void Sigmoid(const float* x, std::size_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(SigmoidF32)(x, n, out);
}
void Sigmoid(const double* x, std::size_t n, double* out) {
  HWY_DYNAMIC_DISPATCH(SigmoidF64)(x, n, out);
}
void SoftmaxRows(const float* bias, std::size_t rows, std::size_t n, float* x) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRowsF32)(bias, rows, n, x);
}
void SoftmaxRows(const double* bias, std::size_t rows, std::size_t n, double* x) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRowsF64)(bias, rows, n, x);
}
void GumbelSoftmaxRows(const float* p, const float* g, float guard, float inverse_temperature,
                       std::size_t rows, std::size_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(GumbelSoftmaxRowsF32)(p, g, guard, inverse_temperature, rows, n, out);
}
void GumbelSoftmaxRows(const double* p, const double* g, double guard, double inverse_temperature,
                       std::size_t rows, std::size_t n, double* out) {
  HWY_DYNAMIC_DISPATCH(GumbelSoftmaxRowsF64)(p, g, guard, inverse_temperature, rows, n, out);
}
void GumbelOfUniform(std::size_t n, float* x) { HWY_DYNAMIC_DISPATCH(GumbelOfUniformF32)(n, x); }

}  // namespace derrd::kernels
#endif  // HWY_ONCE
