// Products and sums over rows gathered from an embedding table: what scoring, its gradient and
// evaluation consist of. Tables are row-major without gaps; nothing need be aligned. The order of
// every sum is fixed for a given instruction set.
#ifndef DERRD_KERNELS_ROWS_H_
#define DERRD_KERNELS_ROWS_H_

#include <cstddef>
#include <cstdint>

namespace derrd::kernels {

// out[i] = query . table[rows[i]], for i in [0, count). Reads count x width numbers.
void GatherDots(const float* query, const float* table, std::size_t width, const std::int32_t* rows,
                std::size_t count, float* out);

// out[i] = table[rows[i]], for i in [0, count); out is count x width.
void GatherRows(const float* table, std::size_t width, const std::int32_t* rows, std::size_t count,
                float* out);

// out[i] = a[a_rows[i]] . b[b_rows[i]], for i in [0, count), of two tables of the same width.
void PairDots(const float* a, const std::int32_t* a_rows, const float* b,
              const std::int32_t* b_rows, std::size_t width, std::size_t count, float* out);

// out[i] = query . table[i], for i in [0, count).
void Dots(const float* query, const float* table, std::size_t width, std::size_t count, float* out);

// sum[0..width) += sum_i weights[i] * table[rows[i]][0..width), for i in [0, count), of a table
// whose rows are `stride` >= width apart.
void AddWeightedRows(const float* weights, const std::int32_t* rows, std::size_t count,
                     const float* table, std::size_t stride, std::size_t width, float* sum);

// For lists of weighted rows one after the other, list l in [begins[l], begins[l + 1]) of `weights`
// and `rows`: out + l * width = sum of the list's weights[i] * table[rows[i]], from its first on.
void SumWeightedLists(const float* weights, const std::int32_t* rows, const std::int64_t* begins,
                      std::size_t lists, const float* table, std::size_t width, float* out);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_ROWS_H_
