package io.sotto.protocol;

/**
 * A word with its leading space, times in seconds from the start of the recording, and its mean
 * token probability.
 */
public record Word(String word, double start, double end, double probability) {}
