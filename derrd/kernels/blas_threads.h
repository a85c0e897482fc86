// Inside this room: our threads call the BLAS and LAPACK, so they must start none of their own.
#ifndef DERRD_KERNELS_BLAS_THREADS_H_
#define DERRD_KERNELS_BLAS_THREADS_H_

namespace derrd::kernels {

// Takes effect once for the process; cheap afterwards.
void UseCallingThread();

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_BLAS_THREADS_H_
