#include "derrd/kernels/vectors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/vectors.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// Calls step(i, count) for each vector's worth of [0, n).
template <typename T, class Step>
HWY_INLINE void ForVectors(std::size_t n, const Step& step) {
  const std::size_t lanes = hn::Lanes(Tag<T>());
  for (std::size_t i = 0; i < n; i += lanes) step(i, n - i);
}

template <typename T>
HWY_INLINE T DotOf(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, std::size_t n) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), s1);
  }
  for (; i < n; i += lanes) {
    s0 = hn::MulAdd(LoadUpTo(a + i, n - i), LoadUpTo(b + i, n - i), s0);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s1)));
}

template <typename T>
HWY_INLINE void AddScaledTo(T scale, const T* HWY_RESTRICT x, std::size_t n, T* HWY_RESTRICT sum) {
  const auto s = hn::Set(Tag<T>(), scale);
  ForVectors<T>(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    StoreUpTo(hn::MulAdd(s, LoadUpTo(x + i, count), LoadUpTo(sum + i, count)), sum + i, count);
  });
}

template <typename T>
HWY_INLINE void AddScaledSumTo(T scale, const T* HWY_RESTRICT x, const T* HWY_RESTRICT bias,
                               std::size_t n, T* HWY_RESTRICT sum) {
  const auto s = hn::Set(Tag<T>(), scale);
  ForVectors<T>(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const auto biased = hn::Add(LoadUpTo(x + i, count), LoadUpTo(bias + i, count));
    StoreUpTo(hn::MulAdd(s, biased, LoadUpTo(sum + i, count)), sum + i, count);
  });
}

template <typename T>
HWY_INLINE void ScaleBy(T scale, std::size_t n, T* x) {
  const auto s = hn::Set(Tag<T>(), scale);
  ForVectors<T>(n, [&](std::size_t i, std::size_t count)
                       HWY_ATTR { StoreUpTo(hn::Mul(s, LoadUpTo(x + i, count)), x + i, count); });
}

template <typename T>
HWY_INLINE void AddBiasReluTo(const T* HWY_RESTRICT bias, std::size_t rows, std::size_t n,
                              T* HWY_RESTRICT x) {
  const auto zero = hn::Zero(Tag<T>());
  for (std::size_t r = 0; r < rows; ++r, x += n) {
    ForVectors<T>(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
      const auto y = hn::Add(LoadUpTo(x + i, count), LoadUpTo(bias + i, count));
      StoreUpTo(hn::IfThenElse(hn::Lt(y, zero), zero, y), x + i, count);
    });
  }
}

template <typename T>
HWY_INLINE T ReluBackwardOf(T scale, std::size_t n, T* HWY_RESTRICT hidden,
                            T* HWY_RESTRICT gradient) {
  const Tag<T> d;
  const auto s = hn::Set(d, scale);
  auto sum = hn::Zero(d);
  ForVectors<T>(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const auto h = LoadUpTo(hidden + i, count), g = LoadUpTo(gradient + i, count);
    sum = hn::MulAdd(h, g, sum);
    StoreUpTo(hn::Mul(s, h), hidden + i, count);
    StoreUpTo(hn::IfThenElseZero(hn::Gt(h, hn::Zero(d)), hn::Mul(s, g)), gradient + i, count);
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float DotF32(const float* a, const float* b, std::size_t n) { return DotOf(a, b, n); }
double DotF64(const double* a, const double* b, std::size_t n) { return DotOf(a, b, n); }
void AddScaledF32(float scale, const float* x, std::size_t n, float* sum) {
  AddScaledTo(scale, x, n, sum);
}
void AddScaledF64(double scale, const double* x, std::size_t n, double* sum) {
  AddScaledTo(scale, x, n, sum);
}
void AddScaledSumF32(float scale, const float* x, const float* bias, std::size_t n, float* sum) {
  AddScaledSumTo(scale, x, bias, n, sum);
}
void AddScaledSumF64(double scale, const double* x, const double* bias, std::size_t n,
                     double* sum) {
  AddScaledSumTo(scale, x, bias, n, sum);
}
void ScaleF32(float scale, std::size_t n, float* x) { ScaleBy(scale, n, x); }
void ScaleF64(double scale, std::size_t n, double* x) { ScaleBy(scale, n, x); }
void AddBiasReluF32(const float* bias, std::size_t rows, std::size_t n, float* x) {
  AddBiasReluTo(bias, rows, n, x);
}
void AddBiasReluF64(const double* bias, std::size_t rows, std::size_t n, double* x) {
  AddBiasReluTo(bias, rows, n, x);
}
float ReluBackwardF32(float scale, std::size_t n, float* hidden, float* gradient) {
  return ReluBackwardOf(scale, n, hidden, gradient);
}
double ReluBackwardF64(double scale, std::size_t n, double* hidden, double* gradient) {
  return ReluBackwardOf(scale, n, hidden, gradient);
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(DotF32);
HWY_EXPORT(DotF64);
HWY_EXPORT(AddScaledF32);
HWY_EXPORT(AddScaledF64);
HWY_EXPORT(AddScaledSumF32);
HWY_EXPORT(AddScaledSumF64);
HWY_EXPORT(ScaleF32);
HWY_EXPORT(ScaleF64);
HWY_EXPORT(AddBiasReluF32);
HWY_EXPORT(AddBiasReluF64);
HWY_EXPORT(ReluBackwardF32);
HWY_EXPORT(ReluBackwardF64);

float Dot(const float* a, const float* b, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(DotF32)(a, b, n);
}
double Dot(const double* a, const double* b, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(DotF64)(a, b, n);
}
void AddScaled(float scale, const float* x, std::size_t n, float* sum) {
  HWY_DYNAMIC_DISPATCH(AddScaledF32)(scale, x, n, sum);
}
void AddScaled(double scale, const double* x, std::size_t n, double* sum) {
  HWY_DYNAMIC_DISPATCH(AddScaledF64)(scale, x, n, sum);
}
void AddScaledSum(float scale, const float* x, const float* bias, std::size_t n, float* sum) {
  HWY_DYNAMIC_DISPATCH(AddScaledSumF32)(scale, x, bias, n, sum);
}
void AddScaledSum(double scale, const double* x, const double* bias, std::size_t n, double* sum) {
  HWY_DYNAMIC_DISPATCH(AddScaledSumF64)(scale, x, bias, n, sum);
}
void Scale(float scale, std::size_t n, float* x) { HWY_DYNAMIC_DISPATCH(ScaleF32)(scale, n, x); }
void Scale(double scale, std::size_t n, double* x) { HWY_DYNAMIC_DISPATCH(ScaleF64)(scale, n, x); }
void AddBiasRelu(const float* bias, std::size_t rows, std::size_t n, float* x) {
  HWY_DYNAMIC_DISPATCH(AddBiasReluF32)(bias, rows, n, x);
}
void AddBiasRelu(const double* bias, std::size_t rows, std::size_t n, double* x) {
  HWY_DYNAMIC_DISPATCH(AddBiasReluF64)(bias, rows, n, x);
}
float ReluBackward(float scale, std::size_t n, float* hidden, float* gradient) {
  return HWY_DYNAMIC_DISPATCH(ReluBackwardF32)(scale, n, hidden, gradient);
}
double ReluBackward(double scale, std::size_t n, double* hidden, double* gradient) {
  return HWY_DYNAMIC_DISPATCH(ReluBackwardF64)(scale, n, hidden, gradient);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
