"""Turns a Hugging Face Whisper folder into the int8 model that faster-whisper reads, without PyTorch.

The layout is CTranslate2's own specification (ctranslate2.specs.whisper_spec); what is written here is what its
converter for transformers would write.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
from ctranslate2.specs import whisper_spec
from safetensors.numpy import load_file


class Weights:
    """The tensors of a checkpoint by their short names, as fp32."""

    def __init__(self, folder):
        self.tensors = load_file(folder / "model.safetensors")

    def __getitem__(self, name):
        return self.tensors["model." + name].astype(np.float32)

    def linear(self, spec, *names):
        """Projections side by side; one without a bias (a key's) has zeros."""
        parts = [self[name + ".weight"] for name in names]
        biases = [
            self[name + ".bias"] if f"model.{name}.bias" in self.tensors else np.zeros(len(part), np.float32)
            for name, part in zip(names, parts)
        ]
        spec.weight = np.concatenate(parts)
        spec.bias = np.concatenate(biases)

    def norm(self, spec, name):
        spec.gamma = self[name + ".weight"]
        spec.beta = self[name + ".bias"]

    def convolution(self, spec, name):
        spec.weight = self[name + ".weight"]
        spec.bias = self[name + ".bias"]


def self_attention(weights, spec, prefix):
    weights.norm(spec.layer_norm, prefix + "self_attn_layer_norm")
    weights.linear(spec.linear[0], *(f"{prefix}self_attn.{which}_proj" for which in "qkv"))
    weights.linear(spec.linear[1], prefix + "self_attn.out_proj")


def cross_attention(weights, spec, prefix):
    weights.norm(spec.layer_norm, prefix + "encoder_attn_layer_norm")
    weights.linear(spec.linear[0], prefix + "encoder_attn.q_proj")
    weights.linear(spec.linear[1], prefix + "encoder_attn.k_proj", prefix + "encoder_attn.v_proj")
    weights.linear(spec.linear[2], prefix + "encoder_attn.out_proj")


def feed_forward(weights, spec, prefix):
    weights.norm(spec.layer_norm, prefix + "final_layer_norm")
    weights.linear(spec.linear_0, prefix + "fc1")
    weights.linear(spec.linear_1, prefix + "fc2")


def convert(source, target):
    config = json.loads((source / "config.json").read_text())
    generation = json.loads((source / "generation_config.json").read_text())
    weights = Weights(source)
    spec = whisper_spec.WhisperSpec(
        config["encoder_layers"],
        config["encoder_attention_heads"],
        config["decoder_layers"],
        config["decoder_attention_heads"],
    )
    for which in ("conv1", "conv2"):
        weights.convolution(getattr(spec.encoder, which), "encoder." + which)
    for name, side in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        side.position_encodings.encodings = weights[name + ".embed_positions.weight"]
        weights.norm(side.layer_norm, name + ".layer_norm")
        for i, layer in enumerate(side.layer):
            prefix = f"{name}.layers.{i}."
            self_attention(weights, layer.self_attention, prefix)
            if name == "decoder":
                cross_attention(weights, layer.attention, prefix)
            feed_forward(weights, layer.ffn, prefix)
    table = weights["decoder.embed_tokens.weight"]
    spec.decoder.embeddings.weight = table
    spec.decoder.projection.weight = table
    tokens = json.loads((source / "tokenizer.json").read_text())
    known = tokens["model"]["vocab"] | {t["content"]: t["id"] for t in tokens["added_tokens"]}
    by_id = {number: text for text, number in known.items()}
    first = generation["no_timestamps_token_id"] + 1
    spec.register_vocabulary(
        [by_id.get(i, f"<|{(i - first) * 0.02:.2f}|>") for i in range(config["vocab_size"])]
    )
    spec.config.suppress_ids = generation["suppress_tokens"]
    spec.config.suppress_ids_begin = generation["begin_suppress_tokens"]
    spec.config.alignment_heads = generation["alignment_heads"]
    spec.config.lang_ids = sorted(generation["lang_to_id"].values())
    spec.validate()
    spec.optimize(quantization="int8")
    target.mkdir(parents=True)
    spec.save(str(target))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(source / name, target / name)


if __name__ == "__main__":
    convert(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
