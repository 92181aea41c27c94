package io.sotto.protocol;

/**
 * What a worker knows of a model that it offers. {@code bytes} is what its files take; {@code
 * precision} what the weights are stored as; {@code languages} how many of Whisper's languages it
 * knows, in Whisper's own order, 0 for an English-only model, which cannot translate either; {@code
 * beamMax} the widest beam it is run with. {@code speed} is audio seconds per second of wall time
 * of one chunk beside the others, 0 until this worker has transcribed one with it.
 */
public record ModelFacts(
    String name, long bytes, String precision, int languages, int beamMax, double speed) {}
