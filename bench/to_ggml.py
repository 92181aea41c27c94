"""Turns a Hugging Face Whisper folder into a file that whisper.cpp reads: f16, or q8_0 when asked.

The file: magic, eleven numbers about the model, the mel filters, the vocabulary as bytes, then tensor after tensor, each
with its count of dimensions, length of name, type, dimensions (the fastest first), name and data. Little-endian.
"""

import argparse
import json
import pathlib
import struct

import numpy as np
from safetensors.numpy import load_file

MAGIC = 0x67676D6C
F32, F16, Q8_0 = 0, 1, 8  # types of a tensor
FILE_F16, FILE_Q8_0 = 1, 2007  # types of a file; thousands count the version of the quantised layouts
BLOCK = 32
RATE = 16_000
FFT = 400
VOCABULARY = 50_257  # of every multilingual checkpoint; its special tokens are numbered by the reader
NAMES = {
    "self_attn_layer_norm": "attn_ln",
    "self_attn": "attn",
    "encoder_attn_layer_norm": "cross_attn_ln",
    "encoder_attn": "cross_attn",
    "q_proj": "query",
    "k_proj": "key",
    "v_proj": "value",
    "out_proj": "out",
    "final_layer_norm": "mlp_ln",
    "fc1": "mlp.0",
    "fc2": "mlp.2",
    "layers": "blocks",
    "embed_tokens": "token_embedding",
}
WHOLE_NAMES = {
    "encoder.layer_norm": "encoder.ln_post",
    "decoder.layer_norm": "decoder.ln",
    "encoder.embed_positions.weight": "encoder.positional_embedding",
    "decoder.embed_positions.weight": "decoder.positional_embedding",
}


def mel_filters(bands):
    """Triangles on Slaney's scale (linear below 1 kHz, 27 steps to a factor of 6.4 above), each of area one."""

    def to_mel(hertz):
        return np.where(hertz < 1000, hertz * 3 / 200, 15 + 27 * np.log(np.maximum(hertz, 1000) / 1000) / np.log(6.4))

    def to_hertz(mel):
        return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))

    edges = to_hertz(np.linspace(0, to_mel(np.float64(RATE / 2)), bands + 2))
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    triangles = np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle))
    return (np.maximum(triangles, 0) * 2 / (right - left)).astype("<f4")


def byte_of():
    """The tokenizer writes each byte as a printable character: itself where it is one, else one from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


def vocabulary(source):
    known = json.loads((source / "tokenizer.json").read_text())["model"]["vocab"]
    by_id = {number: text for text, number in known.items()}
    table = byte_of()
    return [bytes(table[c] for c in by_id.get(i, "")) for i in range(VOCABULARY)]


def short(name):
    """As openai/whisper calls it, which is what whisper.cpp looks for."""
    name = name.removeprefix("model.")
    for ours, theirs in WHOLE_NAMES.items():
        if name.startswith(ours):
            return name.replace(ours, theirs)
    return ".".join(NAMES.get(part, part) for part in name.split("."))


def q8_0(matrix):
    """Blocks of 32: an fp16 scale, then 32 bytes."""
    blocks = matrix.reshape(-1, BLOCK)
    scale = np.abs(blocks).max(axis=1) / 127
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    out = np.empty(len(blocks), np.dtype([("scale", "<f2"), ("values", "i1", BLOCK)]))
    out["scale"] = scale
    out["values"] = np.rint(blocks * inverse[:, None])
    return out


def form(name, tensor, quantised):
    """Type and data: what is added or normalised with stays fp32, convolutions are never quantised."""
    if name.endswith((".bias", "positional_embedding")) or tensor.ndim < 2:
        return F32, tensor.astype("<f4")
    if quantised and tensor.ndim == 2:
        return Q8_0, q8_0(tensor)
    return F16, tensor.astype("<f2")


def convert(source, target, quantised):
    config = json.loads((source / "config.json").read_text())
    counts = [
        config["vocab_size"],
        config["max_source_positions"],
        config["d_model"],
        config["encoder_attention_heads"],
        config["encoder_layers"],
        config["max_target_positions"],
        config["d_model"],
        config["decoder_attention_heads"],
        config["decoder_layers"],
        config["num_mel_bins"],
        FILE_Q8_0 if quantised else FILE_F16,
    ]
    filters = mel_filters(config["num_mel_bins"])
    words = vocabulary(source)
    unfinished = target.with_suffix(".part")
    with unfinished.open("wb") as out:
        out.write(struct.pack("<I11i", MAGIC, *counts))
        out.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        out.write(struct.pack("<i", len(words)))
        for word in words:
            out.write(struct.pack("<I", len(word)) + word)
        for full, tensor in load_file(source / "model.safetensors").items():
            name = short(full)
            if name == "proj_out.weight":
                continue  # the token embedding again
            tensor = tensor.astype(np.float32)
            if name.startswith("encoder.conv") and tensor.ndim == 1:
                tensor = tensor[:, None]  # added to every frame
            kind, data = form(name, tensor, quantised)
            out.write(struct.pack("<3i", tensor.ndim, len(name), kind))
            out.write(struct.pack(f"<{tensor.ndim}i", *reversed(tensor.shape)) + name.encode() + data.tobytes())
    unfinished.rename(target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--q8", action="store_true", help="q8_0 instead of f16")
    given = parser.parse_args()
    convert(given.source, given.target, given.q8)
