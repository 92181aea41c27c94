"""Who takes part, and how each is started: with the same weights, on a file, for a number of threads."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import peers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = HERE / ".work"
TIMEOUT_SECONDS = 1_800


class Failed(Exception):
    """With what it said."""


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    engine: str
    start: Callable[[pathlib.Path, int, int], list]  # file, threads, repeat; a result a run
    rounds_max: int = 99
    threads_min: int = 1


def quick(given):
    """The product and the fastest peer's fastest modes."""
    ct2 = weights("ctranslate2-int8", "to_ctranslate2.py", given)
    batched = [faster_whisper(ct2, f"batch {size}", "--batch", size) for size in (4, 8)]
    return [sotto("int8", "whisper-base", ROOT / "models"), *batched]


def all_of(given):
    """And those that could not be had, by name with the reason."""
    ct2 = weights("ctranslate2-int8", "to_ctranslate2.py", given)
    found = [
        *quick(given),
        faster_whisper(ct2, "two parts in batches of 4", "--batch", 4, "--workers", 2, threads_min=2),
        faster_whisper(ct2, "sequential"),
        sotto_fp32(given),
    ]
    missing = {}
    for name, peer in {"whisper.cpp": whisper_cpp, "transformers": transformers}.items():
        try:
            found += peer(given)
        except (peers.Unavailable, Failed) as reason:
            missing[name] = str(reason)
            print(f"bench: no {name}: {reason}", file=sys.stderr)
    return found, missing


def short(given):
    """Those that answer a single clip soonest."""
    ct2 = weights("ctranslate2-int8", "to_ctranslate2.py", given)
    return [
        sotto("int8", "whisper-base", ROOT / "models"),
        faster_whisper(ct2, "sequential"),
        faster_whisper(ct2, "sequential, no speech detection", "--no-vad"),
        faster_whisper(ct2, "batched, no speech detection", "--batch", 1, "--no-vad"),
    ]


def sotto(precision, model, models):
    def start(file, threads, repeat):
        command = [ROOT / "sotto", "bench", file, "--threads", threads, "--language", "en"]
        # the first run compiles, on the JVM: it does not count
        return run([*command, "--repeat", max(repeat, 2), "--model", model, "--models", models])

    return Contestant(f"Sotto {precision}", "Sotto", start)


def sotto_fp32(given):
    models = WORK / "models"
    if not (models / "fp32").exists():
        build = [ROOT / "sotto", "model", "build", given.weights, "--precision", "fp32", "--name", "fp32"]
        run([*build, "--models", models])
    return sotto("fp32", "fp32", models)


def faster_whisper(model, mode, *how, threads_min=1):
    start = runner(sys.executable, "faster_whisper_run.py", model, *how)
    return Contestant(f"faster-whisper int8, {mode}", "faster-whisper", start, threads_min=threads_min)


def whisper_cpp(given):
    python, built = peers.whisper_cpp()
    forms = {
        "f16": weights("whisper-f16.ggml", "to_ggml.py", given),
        "q8_0": weights("whisper-q8_0.ggml", "to_ggml.py", given, "--q8"),
    }
    return [
        Contestant(f"whisper.cpp {form} ({built})", "whisper.cpp", runner(python, "whisper_cpp_run.py", model))
        for form, model in forms.items()
    ]


def transformers(given):
    start = runner(peers.transformers(), "transformers_run.py", given.weights)
    return [Contestant("transformers fp32, chunks in batches of 8", "transformers", start, rounds_max=1)]


def runner(python, script, model, *how):
    def start(file, threads, repeat):
        warm = ROOT / "samples/jfk.wav"
        command = [python, HERE / script, model, file, "--threads", threads, "--repeat", repeat, "--warm", warm]
        return run([*command, *how], {"OMP_NUM_THREADS": str(threads)})

    return start


def weights(name, converter, given, *how):
    target = WORK / name
    if not target.exists():
        run([sys.executable, HERE / converter, given.weights, target, *how])
    return target


def run(command, settings=None):
    command = [str(part) for part in command]
    try:
        done = subprocess.run(
            command, env=os.environ | (settings or {}), capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {TIMEOUT_SECONDS} s") from None
    if done.returncode != 0:
        raise Failed(f"exit {done.returncode}: {' '.join(done.stderr.split())[-300:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
