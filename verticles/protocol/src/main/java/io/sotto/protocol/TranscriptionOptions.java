package io.sotto.protocol;

import org.jspecify.annotations.Nullable;

/**
 * How a job wants its text. {@code model} is a name of the model registry; {@code language} is a
 * Whisper language code, or null to detect it on the first chunk; {@code prompt} is text that
 * precedes the recording, or null.
 */
public record TranscriptionOptions(
    String model,
    @Nullable String language,
    Task task,
    @Nullable String prompt,
    Decoding decoding) {

  public TranscriptionOptions {
    // a node of before knows none
    decoding = decoding == null ? Decoding.DEFAULT : decoding;
  }

  /** Decoded as the engine does it by itself. */
  public TranscriptionOptions(
      String model, @Nullable String language, Task task, @Nullable String prompt) {
    this(model, language, task, prompt, Decoding.DEFAULT);
  }

  public TranscriptionOptions withLanguage(String detected) {
    return new TranscriptionOptions(model, detected, task, prompt, decoding);
  }
}
