"""The figures in words: tables, the verdict, and where Sotto's time goes."""

import json
import statistics

from tokenizers import Tokenizer

OURS = "Sotto int8"
ENCODER_LAYER_MACS = 4 + 8  # of width squared a frame: four projections, and two layers of four times the width
DECODER_LAYER_BYTES = 6 + 8  # of width squared: cross-attention's keys and values are there already
SCALE_BYTES = 4 / 32  # one fp32 for a block of 32 weights
ROWS = 5  # of a lane, as conf/sotto.yaml has it
BESIDE_TEXT_A_WINDOW = 8  # prompt, end, and the times of two sentences


def median(runs, key):
    values = [run[key] for run in runs if run.get(key) is not None]
    return statistics.median(values) if values else float("nan")


def fastest(found, engine=None):
    """Names by median speed, without Sotto; of one engine or of all."""
    names = [n for n, runs in found.items() if runs and not n.startswith("Sotto") and n.startswith(engine or "")]
    return sorted(names, key=lambda name: -median(found[name], "rtfx"))


def verdict(found):
    """The fastest peer, how many times as fast Sotto is (run by run of the same round), and the difference in WER."""
    if not fastest(found):
        return "no peer", float("nan"), float("nan")
    ours, best = found[OURS], fastest(found)[0]
    ratio = statistics.median(mine["rtfx"] / theirs["rtfx"] for mine, theirs in zip(ours, found[best]))
    return best, ratio, ours[-1]["wer"] - found[best][-1]["wer"]


def verdict_line(found):
    if not fastest(found):
        return "No peer could be measured."
    best, ratio, delta = verdict(found)
    return f"Sotto int8 is {ratio:.2f} times as fast as {best}, WER {delta:+.2f} points."


def table(found, missing):
    lines = [
        "| engine | RTFx (each round) | median | WER % | peak memory MB | first segment s |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        if runs:
            speeds = ", ".join(f"{run['rtfx']:.1f}" for run in runs)
            lines.append(
                f"| {name} | {speeds} | {median(runs, 'rtfx'):.1f}"
                f" | {runs[-1]['wer']:.2f} | {max(run['peak_mb'] or 0 for run in runs)}"
                f" | {median(runs, 'first_segment_seconds'):.1f} |"
            )
    return lines + [absent(name, missing, 4) for name in missing]


def short_table(found, missing):
    lines = ["| engine | p50 s (each round) | p50 s of all | fastest s | WER % |", "|---|---|---|---|---|"]
    for name, rounds in found.items():
        if rounds:
            every = [run["seconds"] for runs in rounds for run in runs]
            p50s = ", ".join(f"{median(runs, 'seconds'):.3f}" for runs in rounds)
            lines.append(
                f"| {name} | {p50s} | {statistics.median(every):.3f} | {min(every):.3f} | {rounds[-1][-1]['wer']:.2f} |"
            )
    return lines + [absent(name, missing, 3) for name in missing]


def middle_runs(found):
    """Of each round the run in the middle, so that a round is compared with the same round of another."""

    def middle(runs):
        return sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]

    return {name: [middle(runs) for runs in rounds] for name, rounds in found.items()}


def absent(name, missing, empty):
    """A peer that has no figures is named all the same."""
    return f"| {name} | not measured: {missing[name].replace('|', '/')} |{' |' * empty}"


def shares(found, threads, limits, weights):
    """Where the time of Sotto's last run went, and how far that is from what the machine can do."""
    last = found[OURS][-1]
    lanes = min(4, threads)
    whole = lanes * last["seconds"]
    parts = {"log-mel": "mel", "encoder": "encoder", "decoder": "decoder", "rules": "rules"}
    known = {name: last[f"{key}_seconds"] for name, key in parts.items() if last.get(f"{key}_seconds") is not None}
    lines = ["| part of Sotto int8 | share of the time |", "|---|---|"]
    lines += [f"| {name} | {100 * seconds / whole:.1f} % |" for name, seconds in known.items()]
    rest = "speech detection, reading, waiting" if len(known) == len(parts) else "all else: the decoder among it"
    lines += [f"| {rest} | {100 * (1 - sum(known.values()) / whole):.1f} % |", ""]
    config = json.loads((weights / "config.json").read_text())
    all_cores, one_core = limits[str(threads)], limits["1"]
    lines.append(
        f"The machine: {one_core['gflops']:.0f} GF/s fp32 of one core, {all_cores['gflops']:.0f} of {threads} together;"
        f" memory is read at {one_core['gigabytes']:.1f} and {all_cores['gigabytes']:.1f} GB/s."
    )
    full = config["max_source_positions"]
    windows = last["encoder_frames"] / full if "encoder_frames" in last else last["windows"]
    rate = encoder_gigaflops(config) * windows / known["encoder"] * lanes
    lines.append(
        f"The encoder, {encoder_gigaflops(config):.1f} GF a window of 30 s with the keys and values of cross-attention,"
        f" heard {windows:.1f} windows' worth of frames at {rate:.0f} GF/s: {100 * rate / all_cores['gflops']:.0f} % of the fp32 limit"
        " (its matrices are int8, which can go beyond)."
    )
    if "decoder" in known:
        steps, row_steps, how = decoder_steps(last, weights)
        read = decoder_gigabytes(config, steps, row_steps) / known["decoder"] * lanes
        lines.append(
            f"The decoder, {row_steps:.0f} tokens in {steps:.0f} steps ({how}), reads weights and cross-attention at"
            f" {read:.1f} GB/s: {100 * read / all_cores['gigabytes']:.0f} % of the memory's limit"
            " (what stays in caches can go beyond)."
        )
    return lines


def encoder_gigaflops(config):
    """Convolutions, layers, and cross-attention's keys and values for one window."""
    frames, width, mels = config["max_source_positions"], config["d_model"], config["num_mel_bins"]
    convolutions = 2 * frames * mels * 3 * width + frames * width * 3 * width
    layer = ENCODER_LAYER_MACS * frames * width**2 + 2 * frames**2 * width
    cross = config["decoder_layers"] * 2 * frames * width**2
    return 2 * (convolutions + config["encoder_layers"] * layer + cross) / 1e9


def decoder_steps(run, weights):
    """Steps, and tokens of all rows together."""
    if "decoder_steps" in run:
        return run["decoder_steps"], run["decoder_row_steps"], "counted"
    text = len(Tokenizer.from_file(str(weights / "tokenizer.json")).encode(run["text"], add_special_tokens=False).ids)
    tokens = text + BESIDE_TEXT_A_WINDOW * run["windows"]
    return tokens / ROWS, tokens, f"estimated from the text, {ROWS} windows side by side"


def decoder_gigabytes(config, steps, row_steps):
    """Weights once a step for all rows of a lane, cross-attention's keys and values once a row and step; all int8."""
    width, layers = config["d_model"], config["decoder_layers"]
    weights = (layers * DECODER_LAYER_BYTES * width + config["vocab_size"]) * width * (1 + SCALE_BYTES)
    cross = layers * 2 * config["max_source_positions"] * width
    return (steps * weights + row_steps * cross) / 1e9
