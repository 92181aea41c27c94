package io.sotto.engine;

import org.jspecify.annotations.Nullable;

/**
 * Sound to decode: mono samples at 16 kHz in [-1, 1], at most {@link
 * Transcriber#WINDOW_SAMPLES_MAX}. {@code language} is a Whisper code ("en") or null to detect it;
 * {@code prompt} is text said before the window, or null.
 */
public record Window(
    float[] samples, @Nullable String language, boolean translate, @Nullable String prompt) {}
