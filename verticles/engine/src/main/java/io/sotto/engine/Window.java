package io.sotto.engine;

/**
 * Sound to decode: mono samples at 16 kHz in [-1, 1], at most {@link
 * Transcriber#WINDOW_SAMPLES_MAX}; and how.
 */
public record Window(float[] samples, DecodingOptions options) {}
