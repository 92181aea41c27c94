"""Installs the heavy peers, each into a virtual environment of its own, and says why where that fails."""

import os
import pathlib
import re
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
        # neither a wheel from pip's cache, built for another machine maybe, nor the one of an earlier attempt
        how = ["--no-cache-dir", "--force-reinstall", "--no-binary", name]
        return installed("whisper-cpp", source, *how), "native build"
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
        raise Unavailable(reason(done.stderr + done.stdout) or f"exit {done.returncode}")


def reason(said):
    """What a compiler or CMake complained of first, or else pip last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    built = [i for i, line in enumerate(lines) if "CMake Error" in line or re.search(r"(^|: )(fatal )?error: (?!sub)", line)]
    if built:
        return " ".join(lines[built[0] : built[0] + 2])[:200]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "")[:200]
