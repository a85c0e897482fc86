// Our threads call the BLAS and LAPACK, so they must have none of their own.
#ifndef DERRD_KERNELS_BLAS_THREADS_H_
#define DERRD_KERNELS_BLAS_THREADS_H_

namespace derrd::kernels {

// Ends the threads that OpenBLAS starts when it is loaded: they spin for a third of a second, each
// on a core that ours want, before they sleep. From then on it computes on the thread that calls.
// Takes effect once for the process, also for others in it that use the same OpenBLAS (a NumPy of
// Debian's); cheap afterwards.
void UseCallingThread();

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_BLAS_THREADS_H_
