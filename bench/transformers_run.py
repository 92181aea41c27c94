"""transformers (PyTorch, fp32) on one recording, from the file to the text: a line of JSON a run."""

import wave

import numpy as np
import runner
import torch
from transformers import AutoTokenizer, WhisperFeatureExtractor, WhisperForConditionalGeneration, pipeline


def samples(file):
    with wave.open(file) as recording:
        return np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float32) / 32768


def main():
    options = runner.parser()
    options.add_argument("--batch", type=int, default=8, help="windows of 30 s side by side, overlapping")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    recognise = pipeline(
        "automatic-speech-recognition",
        model=WhisperForConditionalGeneration.from_pretrained(given.model, dtype=torch.float32).eval(),
        tokenizer=AutoTokenizer.from_pretrained(given.model),
        feature_extractor=WhisperFeatureExtractor.from_pretrained(given.model),
        device="cpu",
    )
    how = {"language": given.language, "task": "transcribe", "num_beams": 1}

    def transcribe(file, heard):
        sound = {"raw": samples(file), "sampling_rate": 16_000}
        chunks = {"chunk_length_s": 30, "batch_size": given.batch} if given.batch else {}
        heard(recognise(sound, return_timestamps=True, generate_kwargs=how, **chunks)["text"])

    runner.measure(given, transcribe)


main()
