// Dense row-major matrices: a view that owns nothing, and an owner aligned for SIMD.
#ifndef DERRD_CORE_MATRIX_H_
#define DERRD_CORE_MATRIX_H_

#include <cassert>
#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "derrd/core/memory.h"

namespace derrd {

// Allocates by AllocateAligned. New elements without an initial value are left as they are, so that
// growing a buffer that is filled anew does not write it twice.
template <typename T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT: the standard asks for the conversion

  T* allocate(std::size_t n) { return static_cast<T*>(AllocateAligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) { FreeAligned(p, n * sizeof(T)); }
  template <typename U>
  void construct(U* p) {
    ::new (static_cast<void*>(p)) U;
  }
  template <typename U, typename... Values>
  void construct(U* p, Values&&... values) {
    ::new (static_cast<void*>(p)) U(std::forward<Values>(values)...);
  }
  template <typename U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

// rows x cols elements, row-major without gaps. Copying a view copies no element.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, std::size_t rows, std::size_t cols) : data_(data), rows_(rows), cols_(cols) {}

  // A view of mutable elements is also a view of constant ones.
  operator MatrixView<const T>() const  // NOLINT: meant to be implicit
      requires(!std::is_const_v<T>) {
    return {data_, rows_, cols_};
  }

  T* data() const { return data_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return rows_ * cols_; }

  T* row(std::size_t r) const {
    assert(r < rows_);
    return data_ + r * cols_;
  }
  T& operator()(std::size_t r, std::size_t c) const {
    assert(c < cols_);
    return row(r)[c];
  }
  // Rows [begin, end).
  MatrixView Rows(std::size_t begin, std::size_t end) const {
    assert(begin <= end && end <= rows_);
    return {data_ + begin * cols_, end - begin, cols_};
  }
  std::span<T> elements() const { return {data_, size()}; }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
};

// Owns its elements; they start as zero.
template <typename T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), data_(rows * cols, T{}) {}

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return data_.size(); }
  T* data() { return data_.data(); }
  const T* data() const { return data_.data(); }
  T* row(std::size_t r) { return view().row(r); }
  const T* row(std::size_t r) const { return view().row(r); }
  T& operator()(std::size_t r, std::size_t c) { return view()(r, c); }
  const T& operator()(std::size_t r, std::size_t c) const { return view()(r, c); }

  MatrixView<T> view() { return {data_.data(), rows_, cols_}; }
  MatrixView<const T> view() const { return {data_.data(), rows_, cols_}; }
  operator MatrixView<T>() { return view(); }              // NOLINT: meant to be implicit
  operator MatrixView<const T>() const { return view(); }  // NOLINT: meant to be implicit

  // Changes the shape and keeps the memory where it suffices, so that a buffer that is filled anew
  // at each step allocates only while it grows. The elements are unspecified afterwards.
  void Reshape(std::size_t rows, std::size_t cols) {
    rows_ = rows;
    cols_ = cols;
    const std::size_t size = rows * cols;
    if (size > data_.capacity()) {              // nothing is kept, so nothing need be copied
      const bool grows = data_.capacity() > 0;  // and will again
      data_.clear();
      data_.reserve(grows ? size + size / 8 : size);
    }
    data_.resize(size);
  }
  void SetZero() { data_.assign(data_.size(), T{}); }

 private:
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  AlignedVector<T> data_;
};

}  // namespace derrd

#endif  // DERRD_CORE_MATRIX_H_
