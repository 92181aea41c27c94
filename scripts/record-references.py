#!/usr/bin/env python3
"""Records what the reference implementations make of samples/, for the engine's tests. Run by hand when a sample changes:

    pip install numpy==2.3.5 transformers==4.57.1 soundfile==0.13.1 torch==2.15.0
    python scripts/record-references.py CHECKPOINT

CHECKPOINT is a folder with the fp32 weights that models/whisper-base was built from.

The tests themselves need no Python.
"""

import json
import pathlib
import sys

import soundfile
import torch
from transformers import AutoTokenizer, WhisperFeatureExtractor, WhisperForConditionalGeneration

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/whisper-base"
OUT = ROOT / "verticles/engine/src/test/resources/reference"
TEXTS = [
    " And so, my fellow Americans, ask not what your country can do for you.",
    " A rápida raposa marrom, 42 vezes!",
    "こんにちは世界。",
    " I'll say: don't  stop\n\tnow   ",
    "🎉 Ωmega — 3.14 км/ч",
]


def greedy():
    """Token by token what the reference says, with timestamps and without, without fallback."""
    extract = WhisperFeatureExtractor.from_pretrained(MODEL)
    model = WhisperForConditionalGeneration.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
    for sample in sorted((ROOT / "samples").glob("*.wav")):
        samples, rate = soundfile.read(sample, dtype="float32")
        assert rate == 16000
        language = "en" if sample.name == "jfk.wav" else sample.name.split("-")[0]
        mel = extract(samples, sampling_rate=rate, return_tensors="pt").input_features
        asked = {"language": language, "task": "transcribe"}
        with torch.no_grad():
            timed = model.generate(mel, return_timestamps=True, **asked)[0].tolist()
            plain = model.generate(mel, return_timestamps=False, **asked)[0].tolist()
        # the prompt comes along without timestamps only, and the end with both
        plain = [token for token in plain if token < model.generation_config.eos_token_id]
        yield {"sample": sample.name, "language": language, "tokens": timed, "tokens_without_timestamps": plain}


def log_mel():
    samples, rate = soundfile.read(ROOT / "samples/jfk.wav", dtype="float32")
    assert rate == 16000
    features = WhisperFeatureExtractor.from_pretrained(MODEL)(samples, sampling_rate=rate, return_tensors="np")
    mel = features.input_features[0]
    picks = [(b, t) for b in range(0, 80, 3) for t in [0, 1, 2, 5, 50, 333, 777, 1000, 1098, 1099, 1100, 1101, 2000, 2998, 2999]]
    return [{"band": b, "frame": t, "value": round(float(mel[b, t]), 6)} for b, t in picks]


def tokens():
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    return [{"text": t, "tokens": tokenizer.encode(t, add_special_tokens=False)} for t in TEXTS]


def write(name, value):
    lines = ",\n".join(json.dumps(v, ensure_ascii=False) for v in value)
    (OUT / name).write_text(f"[\n{lines}\n]\n")


OUT.mkdir(parents=True, exist_ok=True)
write("jfk-logmel.json", log_mel())
write("tokens.json", tokens())
write("greedy.json", list(greedy()))
