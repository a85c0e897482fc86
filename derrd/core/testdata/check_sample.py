"""Fails unless Python reads the file of safetensors_test.cc as it was written."""

import sys

import numpy as np
from safetensors import safe_open

expected = {
    "bytes": np.array([1, 2, 255], np.uint8),
    "ints": np.array([-1, 0, 2**31 - 1], np.int32),
    "longs": np.array([[-(2**63)], [5]], np.int64),
    "floats": np.arange(21, dtype=np.float32).reshape(3, 7) + np.float32(0.5),
    "scalar": np.array(0.1, np.float64),
    "empty": np.zeros((0, 4), np.float32),
}
with safe_open(sys.argv[1], framework="numpy") as file:
    names = {name for name in file.keys() if not name.startswith("~pad.")}
    assert names == set(expected), names
    for name, array in expected.items():
        found = file.get_tensor(name)
        assert found.dtype == array.dtype and found.shape == array.shape, (name, found)
        assert np.array_equal(found, array), (name, found)
    metadata = file.metadata()
assert metadata == {"derrd.kind": "sample", "note": 'any text, "quoted"\n\u00e9'}, metadata
