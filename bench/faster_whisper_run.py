"""faster-whisper on one recording, from the file to the text: a line of JSON a run."""

import concurrent.futures

import numpy as np
import runner
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.audio import decode_audio

RATE = 16_000
QUIET_SECONDS = 0.4


def parts(audio, count):
    """Cut where it is quietest near each border."""
    step = int(QUIET_SECONDS * RATE)
    loudness = [float(np.square(audio[at : at + step]).sum()) for at in range(0, len(audio), step)]
    cuts = [0]
    for i in range(1, count):
        border = len(loudness) * i // count
        near = range(max(border - 25, 1), min(border + 25, len(loudness)))
        cuts.append(min(near, key=loudness.__getitem__, default=border) * step + step // 2)
    return [audio[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(audio)])]


def main():
    options = runner.parser()
    options.add_argument("--batch", type=int, default=0, help="windows side by side; 0 for sequential")
    options.add_argument("--workers", type=int, default=1, help="parts of the recording side by side")
    options.add_argument("--no-vad", action="store_true")
    given = options.parse_args()
    model = WhisperModel(
        given.model,
        device="cpu",
        compute_type="int8",
        cpu_threads=max(1, given.threads // given.workers),
        num_workers=given.workers,
    )
    how = {"language": given.language, "beam_size": 1, "best_of": 1, "vad_filter": not given.no_vad}

    def start(audio):
        if given.batch:
            return BatchedInferencePipeline(model=model).transcribe(audio, batch_size=given.batch, **how)[0]
        return model.transcribe(audio, condition_on_previous_text=False, **how)[0]

    def finish(audio):
        return [segment.text for segment in start(audio)]

    def transcribe(file, heard):
        if given.workers == 1:
            for segment in start(file):
                heard(segment.text)
            return
        with concurrent.futures.ThreadPoolExecutor(given.workers) as pool:
            for texts in pool.map(finish, parts(decode_audio(file), given.workers)):
                heard("".join(texts))

    runner.measure(given, transcribe)


main()
