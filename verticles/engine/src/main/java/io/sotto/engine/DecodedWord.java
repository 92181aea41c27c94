package io.sotto.engine;

/**
 * A word of a segment, with its leading space and the punctuation that belongs to it; times in
 * seconds from the start of the window.
 */
public record DecodedWord(String text, double start, double end, double probability) {}
