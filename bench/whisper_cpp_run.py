"""whisper.cpp on one recording, from the file to the text: a line of JSON a run."""

import runner
from pywhispercpp.model import Model


def main():
    options = runner.parser()
    options.add_argument("--processors", type=int, default=1, help="parts of the recording side by side")
    given = options.parse_args()
    model = Model(
        given.model,
        n_threads=max(1, given.threads // given.processors),
        language=given.language,
        no_context=True,
        greedy={"best_of": 1},
        print_progress=False,
    )

    def transcribe(file, heard):
        several = given.processors if given.processors > 1 else None
        model.transcribe(file, several, lambda segment: heard(" " + segment.text))

    runner.measure(given, transcribe)


main()
