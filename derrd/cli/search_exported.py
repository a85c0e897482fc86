"""Asks an exported index through the program that it is for: prints the labels found for every row of queries.

  /usr/bin/python3 search_exported.py faiss INDEX QUERIES.npy K
  /usr/bin/python3 search_exported.py hnswlib INDEX QUERIES.npy K EF

Debian's Python has Debian's faiss and hnswlib; the tests' own environment has not.
"""

import json
import sys

import numpy

kind, path, queries = sys.argv[1], sys.argv[2], numpy.load(sys.argv[3])
k = int(sys.argv[4])
if kind == "faiss":
    import faiss

    index = faiss.read_index(path)
    scores, labels = index.search(queries, k)
    told = {"by_inner_product": index.metric_type == faiss.METRIC_INNER_PRODUCT, "rows": index.ntotal, "width": index.d,
            "same_bytes": faiss.serialize_index(index).tobytes() == open(path, "rb").read()}
else:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=queries.shape[1])
    index.load_index(path)
    index.set_ef(int(sys.argv[5]))
    labels, distances = index.knn_query(queries, k=k)
    scores = 1 - distances
    told = {"rows": index.get_current_count()}
print(json.dumps({**told, "labels": labels.tolist(), "scores": scores.tolist()}))
