"""The machine: what it is, and keeping a run to some of its cores."""

import os
import pathlib
import platform
import subprocess

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
HERE = pathlib.Path(__file__).resolve().parent


def cores():
    """Those this process may use: one of every pair of hyper-threads first."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    seen, firsts, seconds = set(), [], []
    for core in sorted(os.sched_getaffinity(0)):
        siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
        key = siblings.read_text() if siblings.exists() else str(core)
        (seconds if key in seen else firsts).append(core)
        seen.add(key)
    return firsts + seconds


def confine(chosen):
    """This process and all it starts from now on; tells whether the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, chosen)
        return True
    return False


def processor():
    """Its name, and which of the instructions that matter it has."""
    name, flags = platform.processor() or platform.machine(), []
    info = pathlib.Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        if key.strip() == "flags":
            flags = value.split()
    told = [f"{flag} {'yes' if flag in flags else 'no'}" for flag in FLAGS]
    return f"{name} ({', '.join(told)})" if flags else name


def commit():
    """Marked when the tree has changes that are in no commit."""
    command = ["git", "-C", HERE, "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "unknown"
