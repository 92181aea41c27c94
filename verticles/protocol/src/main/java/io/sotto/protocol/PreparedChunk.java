package io.sotto.protocol;

/**
 * A chunk as it lies in the store: mono 16 kHz PCM16 WAV of {@code bytes} bytes with lower-case hex
 * {@code sha256}.
 */
public record PreparedChunk(int seq, Span span, AudioKey key, String sha256, long bytes) {}
