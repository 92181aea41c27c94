"""faster-whisper on one recording, from the file to the text: a line of JSON a run, as `sotto bench` prints it."""

import argparse
import json
import resource
import time

from faster_whisper import BatchedInferencePipeline, WhisperModel

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("file")
parser.add_argument("--batch", type=int, default=0, help="windows side by side; 0 for sequential")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--language")
parser.add_argument("--repeat", type=int, default=1)
given = parser.parse_args()

model = WhisperModel(
    given.model, device="cpu", compute_type="int8", cpu_threads=given.threads, num_workers=given.workers
)
for _ in range(given.repeat):
    begin = time.perf_counter()
    options = {"language": given.language, "beam_size": 1, "best_of": 1}
    if given.batch:
        pipeline = BatchedInferencePipeline(model=model)
        segments, info = pipeline.transcribe(given.file, batch_size=given.batch, **options)
    else:
        segments, info = model.transcribe(
            given.file, vad_filter=True, condition_on_previous_text=False, **options
        )
    first = None
    text = []
    for segment in segments:
        first = first or time.perf_counter() - begin
        text.append(segment.text)
    seconds = time.perf_counter() - begin
    print(
        json.dumps(
            {
                "audio_seconds": info.duration,
                "seconds": seconds,
                "rtfx": info.duration / seconds,
                "first_segment_seconds": first,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
                "text": "".join(text).strip(),
            }
        ),
        flush=True,
    )
