#!/usr/bin/env python3
"""Records what the reference implementations make of samples/, for the engine's tests. Run by hand when a sample changes:

    pip install numpy==2.3.5 transformers==4.57.1 soundfile==0.13.1
    python scripts/record-references.py

The tests themselves need no Python.
"""

import json
import pathlib

import soundfile
from transformers import AutoTokenizer, WhisperFeatureExtractor

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
