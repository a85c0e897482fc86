"""Writes a file that safetensors_test.cc reads."""

import sys

import numpy as np
from safetensors.numpy import save_file

tensors = {
    "longs": np.array([-1, 10**12], np.int64),
    "bytes": np.array([1, 2, 3], np.uint8),
    "floats": np.arange(6, dtype=np.float32).reshape(2, 3) / 2,
}
save_file(tensors, sys.argv[1], metadata={"made by": "numpy"})
