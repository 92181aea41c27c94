"""What the peers' runners share: options, clock, and the line of JSON a run, as `sotto bench` prints it."""

import argparse
import json
import resource
import sys
import time
import wave

TO_MEGABYTES = 20 if sys.platform == "darwin" else 10  # there it counts bytes, elsewhere kilobytes


def parser():
    options = argparse.ArgumentParser()
    options.add_argument("model")
    options.add_argument("file")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--language", default="en")
    options.add_argument("--repeat", type=int, default=1)
    options.add_argument("--warm", help="a clip to transcribe before, untimed")
    return options


def measure(given, transcribe):
    """`transcribe(file, heard)` hands `heard` the text of each segment as soon as it is known."""
    if given.warm:
        transcribe(given.warm, lambda text: None)
    with wave.open(given.file) as recording:
        audio = recording.getnframes() / recording.getframerate()
    for _ in range(given.repeat):
        print(json.dumps(one(given.file, audio, transcribe)), flush=True)


def one(file, audio, transcribe):
    heard = []  # when, and what
    begin = time.perf_counter()
    transcribe(file, lambda text: heard.append((time.perf_counter() - begin, text)))
    seconds = time.perf_counter() - begin
    return {
        "audio_seconds": audio,
        "seconds": seconds,
        "rtfx": audio / seconds,
        "first_segment_seconds": min((when for when, _ in heard), default=None),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> TO_MEGABYTES,
        "text": "".join(text for _, text in heard).strip(),
    }
