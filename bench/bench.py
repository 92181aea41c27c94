"""Runs Sotto and its peers on the same recording, one after the other, several rounds; see README.md."""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import unicodedata
import wave

import jiwer
import numpy as np
from faster_whisper.audio import decode_audio

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "bench"
RATE = 16_000
PAUSE_SECONDS = 0.8
TIMEOUT_SECONDS = 1_800

# English speech that says something else each time around: a repeated sentence within one window would make every
# engine try again at higher temperatures.
CLIPS = [
    "ship/jfk.wav",
    "test-only/two-speakers.wav",
    "test-only/about-speech-sdk.wav",
    "test-only/hello-world.wav",
    "test-only/weather.wav",
    "ship/en-fox.wav",
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10 minutes of audio, Sotto int8 and faster-whisper alone")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--weights", type=pathlib.Path, default=ROOT.parent / "shared/models/whisper-base")
    parser.add_argument("--audio", type=pathlib.Path, default=ROOT.parent / "shared/audio")
    parser.add_argument("--minutes", type=float, nargs="*")
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


def spoken(audio):
    """Clip to its words: the table of the folder's README, for the longest the reference's own text."""
    said = {}
    reference = json.loads((audio / "reference.json").read_text())["clips"]
    for line in (audio / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4:
            for name in cells[0].split(", "):
                said[name] = re.sub(r" \((?=[^()]*[a-z]).*$", "", cells[3])
    for clip in CLIPS:
        name = clip.split("/")[1]
        if said[name].startswith("reference.json"):
            said[name] = reference[clip]["text"]
    return said


def recording(target, audio, minutes):
    """Clips one after the other with pauses between; gives the words."""
    said = spoken(audio)
    words = []
    samples = 0
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        while samples < minutes * 60 * RATE:
            clip = CLIPS[len(words) % len(CLIPS)]
            sound = np.append(decode_audio(str(audio / clip)), np.zeros(int(PAUSE_SECONDS * RATE)))
            out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
            samples += len(sound)
            words.append(said[clip.split("/")[1]])
    return " ".join(words)


def plain(text):
    """Letters and digits, spaced: as openai/whisper's basic normaliser leaves them."""
    kept = "".join(c if unicodedata.category(c)[0] in "LN" else " " for c in unicodedata.normalize("NFKC", text).lower())
    return " ".join(kept.split())


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{done.stderr[-4000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


class Contestants:
    def __init__(self, given, work):
        self.given = given
        self.work = work
        self.ct2 = work / "ctranslate2-int8"
        if not self.ct2.exists():
            subprocess.run([sys.executable, HERE / "to_ctranslate2.py", given.weights, self.ct2], check=True)

    def sotto(self, file, model, models):
        command = [ROOT / "sotto", "bench", file, "--threads", self.given.threads, "--language", "en"]
        command += ["--repeat", 2, "--model", model, "--models", models]
        return run([str(part) for part in command])[-1]

    def sotto_int8(self, file):
        return self.sotto(file, "whisper-base", ROOT / "models")

    def sotto_fp32(self, file):
        models = self.work / "models"
        if not (models / "fp32").exists():
            build = [ROOT / "sotto", "model", "build", self.given.weights, "--precision", "fp32", "--name", "fp32"]
            subprocess.run([str(part) for part in [*build, "--models", models]], check=True, capture_output=True)
        return self.sotto(file, "fp32", models)

    def faster_whisper(self, file, *how):
        command = [sys.executable, HERE / "faster_whisper_run.py", self.ct2, file, "--language", "en"]
        repeat = 1 if self.given.quick else 2  # nothing in it is compiled while it runs: the first is as fast
        command += ["--threads", self.given.threads, "--repeat", repeat, *how]
        return run([str(part) for part in command])[-1]

    def all(self):
        batched = {
            f"faster-whisper int8, batch {size}": lambda file, size=size: self.faster_whisper(file, "--batch", size)
            for size in (4, 8)
        }
        if self.given.quick:
            return {"Sotto int8": self.sotto_int8, **batched}
        lanes = {
            "faster-whisper int8, sequential": self.faster_whisper,
            "faster-whisper int8, batch 16": lambda file: self.faster_whisper(file, "--batch", 16),
        }
        return {"Sotto int8": self.sotto_int8, **batched, **lanes, "Sotto fp32": self.sotto_fp32}


def measure(contestants, file, words, rounds):
    """Name to figures; every round lets each run once, so that a busy machine is busy for all."""
    found = {name: [] for name in contestants}
    for turn in range(rounds):
        for name, contestant in contestants.items():
            result = contestant(file)
            result["wer"] = 100 * jiwer.wer(plain(words), plain(result["text"]))
            found[name].append(result)
            print(f"round {turn + 1}: {name}: RTFx {result['rtfx']:.1f}, WER {result['wer']:.2f} %", file=sys.stderr)
    return found


def table(found):
    lines = [
        "| engine | RTFx (each round) | median | WER % | peak memory MB | first segment s |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        speeds = [run["rtfx"] for run in runs]
        lines.append(
            f"| {name} | {', '.join(f'{s:.1f}' for s in speeds)} | {statistics.median(speeds):.1f}"
            f" | {runs[-1]['wer']:.2f} | {max(run['peak_mb'] for run in runs)}"
            f" | {statistics.median(run['first_segment_seconds'] for run in runs):.1f} |"
        )
    return lines


def share(found):
    last = found["Sotto int8"][-1]
    lanes = min(4, os.cpu_count())
    encoder = last["encoder_seconds"] / lanes / last["seconds"]
    mel = last["mel_seconds"] / lanes / last["seconds"]
    return (
        f"Of Sotto's time, log-mel takes {100 * mel:.0f} %, the encoder {100 * encoder:.0f} %; the rest is the decoder,"
        " speech detection and reading the file."
    )


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def commit():
    return subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()


def verdict(found):
    """Against the fastest of the peer's modes."""
    peers = {name: runs for name, runs in found.items() if name.startswith("faster-whisper")}
    best = max(peers, key=lambda name: statistics.median(run["rtfx"] for run in peers[name]))
    ours = found["Sotto int8"]
    ratio = statistics.median(mine["rtfx"] / theirs["rtfx"] for mine, theirs in zip(ours, peers[best]))
    return best, ratio, ours[-1]["wer"] - peers[best][-1]["wer"]


def main():
    given = arguments()
    for needed in (given.weights, given.audio):
        if not needed.is_dir():
            sys.exit(f"bench: there is no {needed}; name another with --weights or --audio")
    work = HERE / ".work"
    work.mkdir(exist_ok=True)
    minutes = given.minutes or ([10] if given.quick else [10, 45])
    report = ["# Results", "", f"Commit {commit()}, {processor()}, {given.threads} threads, whisper-base, English.", ""]
    contestants = Contestants(given, work).all()
    for length in minutes:
        file = work / f"speech-{length:g}.wav"
        words = recording(file, given.audio, length)
        found = measure(contestants, file, words, given.rounds)
        best, ratio, delta = verdict(found)
        report += [f"## {length:g} minutes", "", *table(found), "", share(found), ""]
        report += [f"Sotto int8 is {ratio:.2f} times as fast as {best}, WER {delta:+.2f} points.", ""]
    if not given.quick:
        (HERE / "RESULTS.md").write_text("\n".join(report))
    print("\n".join(report))
    print(f"ratio {ratio:.2f} wer_delta {delta:+.2f}")


if __name__ == "__main__":
    main()
