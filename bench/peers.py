"""Installs the heavy peers, each into a virtual environment of its own, and says why where that fails."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
VENV = pathlib.Path(sys.prefix)
NATIVE = [
    "-DBUILD_SHARED_LIBS=OFF",
    "-DCMAKE_POSITION_INDEPENDENT_CODE=ON",
    "-DGGML_NATIVE=ON",
    "-DGGML_OPENMP=ON",
    "-DGGML_LLAMAFILE=ON",
]


class Unavailable(Exception):
    """With the reason."""


def whisper_cpp():
    """Its interpreter, and how it was built: from source for this very CPU, or else as the wheel has it."""
    source = {"CMAKE_ARGS": " ".join(NATIVE), "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count())}
    name = "pywhispercpp"
    try:
        # a wheel in pip's cache may have been built for another machine
        return installed("whisper-cpp", source, "--no-cache-dir", "--no-binary", name), "native build"
    except Unavailable as failure:
        note = f"wheel, as building it here failed: {failure}"
        return installed("whisper-cpp", {}, "--only-binary", name, form="wheel"), note


def transformers():
    return installed("transformers", {})


def installed(peer, settings, *how, form="requirements"):
    wanted = HERE / f"requirements-{peer}.txt"
    venv = VENV / peer
    python = venv / "bin/python"
    stamp = venv / f"installed-{form}.txt"
    if not (stamp.exists() and stamp.read_text() == wanted.read_text()):
        print(f"bench: installing {peer} (this takes minutes)", file=sys.stderr)
        attempt([sys.executable, "-m", "venv", venv], {})
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *how]
        attempt([*pip, "--requirement", wanted], settings)
        stamp.write_text(wanted.read_text())
    return python


def attempt(command, settings):
    done = subprocess.run([str(part) for part in command], env=os.environ | settings, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit {done.returncode}").splitlines()
        raise Unavailable(next((line for line in said if "error" in line.lower()), said[-1]).strip()[:160])
