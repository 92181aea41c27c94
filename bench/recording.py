"""The recording that all transcribe, and how far what they heard is from what was said."""

import json
import re
import unicodedata
import wave

import jiwer
import numpy as np
from faster_whisper.audio import decode_audio

RATE = 16_000
PAUSE_SECONDS = 0.8

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


def record(target, audio, minutes):
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


def word_errors(words, text):
    """In percent."""
    return 100 * jiwer.wer(plain(words), plain(text))


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


def plain(text):
    """Letters and digits, spaced: as openai/whisper's basic normaliser leaves them."""
    kept = "".join(c if unicodedata.category(c)[0] in "LN" else " " for c in unicodedata.normalize("NFKC", text).lower())
    return " ".join(kept.split())
