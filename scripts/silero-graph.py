#!/usr/bin/env python3
"""Writes models/silero-vad/silero_vad_16k.onnx from Silero's own silero_vad_16k_op15.onnx: the same weights and
arithmetic, for many frames a run instead of one. Run by hand (pip install numpy onnx==1.19.0), when Silero publish
another model. With a recording (WAV, 16 kHz mono), prints the original's probability of each of its frames, to which
SileroDetectorTest holds the result (pip install onnxruntime==1.28.0 too).

    python3 scripts/silero-graph.py silero_vad_16k_op15.onnx models/silero-vad/silero_vad_16k.onnx
    python3 scripts/silero-graph.py silero_vad_16k_op15.onnx --record samples/jfk.wav \
        > verticles/engine/src/test/resources/silero-jfk.txt

frames fp32 [n, 576] (each 512 samples and the 64 before them), h and c fp32 [1, 1, 128] to probabilities fp32 [n],
h_n and c_n. What is not recurrent is a matrix product over all frames; only the LSTM goes through them in turn.
"""
import sys
import wave

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLES, HOP, TAPS, BINS, WIDTH = 576, 128, 256, 129, 128


class Graph:
    def __init__(self):
        self.nodes, self.weights = [], []

    def node(self, op, *inputs, **attributes):
        return self.nodes_of(op, inputs, [f"x{len(self.nodes)}"], attributes)[0]

    def nodes_of(self, op, inputs, outputs, attributes):
        self.nodes.append(helper.make_node(op, inputs, outputs, **attributes))
        return outputs

    def weight(self, name, array):
        if all(w.name != name for w in self.weights):
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values):
        return self.weight("i_" + "_".join(map(str, values)), np.array(values, np.int64))

    def slice(self, x, begin, end, axis):
        return self.node("Slice", x, self.integers(begin), self.integers(end), self.integers(axis))


def spectrum(g, w):
    """[n, 4, 129]: magnitudes of four overlapping pieces of a frame, which is mirrored at its end."""
    padded = g.node("Pad", "frames", g.integers(0, 0, 0, HOP // 2), mode="reflect")
    pieces = [g.slice(padded, at, at + TAPS, 1) for at in range(0, SAMPLES + HOP // 2 - TAPS + 1, HOP)]
    shape = g.integers(0, 1, TAPS)
    stacked = g.node("Concat", *[g.node("Reshape", p, shape) for p in pieces], axis=1)
    waves = g.node("MatMul", stacked, g.weight("stft", w["model.stft.forward_basis_buffer"][:, 0, :].T))
    parts = [g.slice(waves, 0, BINS, 2), g.slice(waves, BINS, 2 * BINS, 2)]
    return g.node("Sqrt", g.node("Add", *[g.node("Mul", p, p) for p in parts]))


def conv(g, w, x, which, times, stride):
    """A convolution of three taps over `times` steps, as one product; [n, times, in] to [n, ceil(times / stride), out]."""
    kernel = w[f"model.encoder.{which}.reparam_conv.weight"]  # [out, in, 3]
    padded = g.node("Pad", x, g.integers(0, 1, 0, 0, 1, 0))
    size, steps = kernel.shape[1], range(0, times, stride)
    shape = g.integers(0, 1, 3 * size)
    taken = [g.node("Reshape", g.slice(padded, t, t + 3, 1), shape) for t in steps]
    rows = g.node("Concat", *taken, axis=1) if len(taken) > 1 else taken[0]
    flat = g.weight(f"conv{which}.w", kernel.transpose(2, 1, 0).reshape(3 * size, -1))
    bias = g.weight(f"conv{which}.b", w[f"model.encoder.{which}.reparam_conv.bias"])
    return g.node("Relu", g.node("Add", g.node("MatMul", rows, flat), bias)), len(steps)


def gates(array):
    """PyTorch's order input, forget, cell, output to ONNX's input, output, forget, cell."""
    i, f, c, o = np.split(array, 4)
    return np.concatenate([i, o, f, c])


def recurrent(g, w, x):
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    ih, hh, bi, bh = [gates(w["model.decoder.rnn." + name]) for name in names]
    inputs = [x, g.weight("lstm.w", ih[None]), g.weight("lstm.r", hh[None]),
              g.weight("lstm.b", np.concatenate([bi, bh])[None]), "", "h", "c"]
    return g.nodes_of("LSTM", inputs, ["heard", "h_n", "c_n"], {"hidden_size": WIDTH})[0]


def build(w):
    g = Graph()
    x, times = spectrum(g, w), 4
    for which, stride in enumerate([1, 2, 2, 1]):
        x, times = conv(g, w, x, which, times, stride)
    heard = recurrent(g, w, g.node("Reshape", x, g.integers(-1, 1, WIDTH)))
    flat = g.node("Relu", g.node("Reshape", heard, g.integers(-1, WIDTH)))
    score = g.node("MatMul", flat, g.weight("out.w", w["model.decoder.decoder.2.weight"][0, :, 0]))
    likely = g.node("Add", score, g.weight("out.b", w["model.decoder.decoder.2.bias"]))
    g.nodes.append(helper.make_node("Sigmoid", [likely], ["probabilities"]))
    return g


def main(source, target):
    w = {t.name: numpy_helper.to_array(t) for t in onnx.load(source).graph.initializer}
    g = build(w)
    fp32 = TensorProto.FLOAT
    state = [1, 1, WIDTH]
    graph = helper.make_graph(
        g.nodes, "silero-vad-16k",
        [helper.make_tensor_value_info("frames", fp32, ["n", SAMPLES]),
         helper.make_tensor_value_info("h", fp32, state), helper.make_tensor_value_info("c", fp32, state)],
        [helper.make_tensor_value_info("probabilities", fp32, ["n"]),
         helper.make_tensor_value_info("h_n", fp32, state), helper.make_tensor_value_info("c_n", fp32, state)],
        g.weights)
    model = helper.make_model(graph, producer_name="sotto", ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def record(source, recording):
    import onnxruntime

    with wave.open(recording) as w:
        sound = np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(np.float32) / 32768
    sound = np.concatenate([np.zeros(SAMPLES - 512, np.float32), sound])
    model, state = onnxruntime.InferenceSession(source), np.zeros((2, 1, WIDTH), np.float32)
    for at in range(0, len(sound) - SAMPLES + 1, 512):
        fed = {"input": sound[None, at : at + SAMPLES], "state": state, "sr": np.array(16000)}
        likely, state = model.run(None, fed)
        print(f"{likely[0, 0]:.6f}")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[2] == "--record":
        record(sys.argv[1], sys.argv[3])
    elif len(sys.argv) == 3:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
