"""Runs Sotto and its peers on the same recording, one after the other, several rounds; see README.md."""

import argparse
import pathlib
import sys

import contestants
import limits
import machine
import recording
import report

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLIP = ROOT / "samples/jfk.wav"
CLIP_REPEATS = 20
ROUNDS = 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10 minutes of audio, Sotto int8 and faster-whisper alone")
    parser.add_argument("--short", action="store_true", help="one clip of 11 s alone, Sotto int8 and faster-whisper")
    parser.add_argument("--threads", type=int, help="cores for everyone (default: all, and in the full bench then one)")
    parser.add_argument("--weights", type=pathlib.Path, default=ROOT.parent / "shared/models/whisper-base")
    parser.add_argument("--audio", type=pathlib.Path, default=ROOT.parent / "shared/audio")
    parser.add_argument("--minutes", type=float, nargs="*", help="all take part in the first, the fastest in the others")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the first")
    given = parser.parse_args()
    for needed in (given.weights, given.audio):
        if not needed.is_dir():
            sys.exit(f"bench: there is no {needed}; name another with --weights or --audio")
    return given


class Bench:
    def __init__(self, given):
        self.given = given
        self.cores = machine.cores()
        self.lines = []
        self.headline = None
        self.missing = {}
        self.later = []  # what is still to come, for the progress lines

    def long(self, minutes, threads, entrants, rounds, shares=False):
        """A section of the report; gives name to results."""
        file = contestants.WORK / f"speech-{minutes:g}.wav"
        words = recording.record(file, self.given.audio, minutes)
        title = self.begin(f"{minutes:g} minutes", threads)
        entrants = [entrant for entrant in entrants if entrant.threads_min <= threads]
        found, missing = {entrant.name: [] for entrant in entrants}, dict(self.missing)
        turns = [(turn, entrant) for turn in range(rounds) for entrant in entrants if turn < entrant.rounds_max]
        for done, (turn, entrant) in enumerate(turns):
            if entrant.name not in missing:
                self.progress(title, done, len(turns), f"round {turn + 1}: {entrant.name}")
                for result in self.attempt(entrant, file, threads, 1, missing)[-1:]:
                    result["wer"] = recording.word_errors(words, result["text"])
                    found[entrant.name].append(result)
                    print(f"bench:   RTFx {result['rtfx']:.1f}, WER {result['wer']:.2f} %", file=sys.stderr)
        self.lines += [*report.table(found, missing), "", report.verdict_line(found), ""]
        if shares:
            peak = {str(n): limits.measure(n) for n in {1, threads}}
            self.lines += [*report.shares(found, threads, peak, self.given.weights), ""]
        self.headline = self.headline or report.verdict(found)
        return found

    def short(self, threads, entrants):
        title = self.begin(f"One clip of 11 s, from its bytes to text, {CLIP_REPEATS} runs a round", threads)
        words = recording.spoken(self.given.audio)[CLIP.name]
        found, missing = {entrant.name: [] for entrant in entrants}, {}
        for turn in range(ROUNDS):
            for place, entrant in enumerate(entrants):
                if entrant.name not in missing:
                    self.progress(title, turn * len(entrants) + place, ROUNDS * len(entrants), entrant.name)
                    runs = self.attempt(entrant, CLIP, threads, CLIP_REPEATS, missing)
                    for run in runs:
                        run["wer"] = recording.word_errors(words, run["text"])
                    found[entrant.name] += [runs] if runs else []
        middle = report.middle_runs(found)
        self.lines += [*report.short_table(found, missing), "", report.verdict_line(middle), ""]
        self.headline = self.headline or report.verdict(middle)

    def begin(self, title, threads):
        confined = machine.confine(self.cores[:threads])
        where = f"on {'one core' if threads == 1 else f'{threads} cores'}" + ("" if confined else " (not confined to them)")
        self.lines += [f"## {title}, {where}", ""]
        return f"{title} {where}"

    def progress(self, title, done, total, name):
        left = f"{total - done - 1} runs left here" + (f", then {', '.join(self.later)}" if self.later else "")
        print(f"bench: {title}: {name} ({left})", file=sys.stderr)

    @staticmethod
    def attempt(entrant, file, threads, repeat, missing):
        """A peer that fails is named in the table; the product must not."""
        try:
            return entrant.start(file, threads, repeat)
        except contestants.Failed as failure:
            if entrant.engine == "Sotto":
                sys.exit(f"bench: {entrant.name} failed: {failure}")
            missing[entrant.name] = str(failure)
            print(f"bench:   failed: {failure}", file=sys.stderr)
            return []

    def full(self):
        given, most = self.given, self.given.threads or len(self.cores)
        minutes = given.minutes or [10, 45]
        everyone, self.missing = contestants.all_of(given)
        others = [f"{length:g} minutes" for length in minutes[1:]]
        self.later = [*others, *(["one core"] if most > 1 else []), "one clip"]
        found = self.long(minutes[0], most, everyone, given.rounds, shares=True)
        self.missing = {}
        best = {report.OURS, *report.fastest(found, "faster-whisper")[:2], *report.fastest(found, "whisper.cpp")[:1]}
        finalists = [entrant for entrant in everyone if entrant.name in best]
        for length in minutes[1:]:
            self.later.pop(0)
            self.long(length, most, finalists, 1)
        if most > 1:
            self.later.pop(0)
            self.long(minutes[0], 1, [e for e in everyone if e.name in best or e.engine == "faster-whisper"], 1)
        self.later.pop(0)
        self.short(most, contestants.short(given))


def main():
    given = arguments()
    contestants.WORK.mkdir(exist_ok=True)
    bench = Bench(given)
    threads = given.threads or len(bench.cores)
    bench.lines += ["# Results", "", f"Commit {machine.commit()}; {machine.processor()}; whisper-base, English.", ""]
    try:
        if given.quick:
            for minutes in given.minutes or [10]:
                bench.long(minutes, threads, contestants.quick(given), given.rounds)
        elif given.short:
            bench.short(threads, contestants.short(given))
        else:
            bench.full()
    except contestants.Failed as failure:
        sys.exit(f"bench: {failure}")
    text = "\n".join(bench.lines)
    if not (given.quick or given.short):
        (ROOT / "bench/RESULTS.md").write_text(text)
    print(text)
    _, ratio, delta = bench.headline
    print(f"ratio {ratio:.2f} wer_delta {delta:+.2f}")


if __name__ == "__main__":
    main()
