"""What this machine can do at most: fp32 arithmetic of one core and of all, and reading memory; a line of JSON.

The threads are numpy's BLAS's, which reads their number when it is loaded: so every figure has a process of its own.
"""

import json
import os
import subprocess
import sys
import time

SIDE = 1536
READ_BYTES = 256 << 20  # beyond every cache
SECONDS = 3  # the best of them: other load costs some runs, not all
PROBES = ("gflops", "gigabytes")


def best(work, amount):
    """The fastest of the runs that fit into the time, in 1e9 a second."""
    work()
    fastest = float("inf")
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begin = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - begin)
    return amount / fastest / 1e9


def gflops(np, _):
    """Multiply-and-add of matrices that stay in the caches; two operations each."""
    a = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    out = np.empty_like(a)
    return best(lambda: np.matmul(a, a, out=out), 2 * SIDE**3)


def gigabytes(np, threads):
    """All threads read their part of one array; numpy lets go of the interpreter's lock meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    parts = np.array_split(np.ones(READ_BYTES // 8, np.int64), threads)
    with ThreadPoolExecutor(threads) as pool:
        return best(lambda: list(pool.map(np.max, parts)), READ_BYTES)


def measure(threads):
    """Figures for that many threads."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    settings = os.environ | dict.fromkeys(names, str(threads))
    found = {}
    for probe in PROBES:
        command = [sys.executable, __file__, probe, str(threads)]
        found[probe] = float(subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout)
    return found


if __name__ == "__main__":
    if len(sys.argv) == 3:
        import numpy

        print(globals()[sys.argv[1]](numpy, int(sys.argv[2])))
    else:
        print(json.dumps({str(n): measure(n) for n in sorted({1, os.cpu_count()})}))
