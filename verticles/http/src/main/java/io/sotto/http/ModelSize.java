package io.sotto.http;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Whisper's sizes, the smallest first: read off a model's name, since that is all there is. */
enum ModelSize {
  TINY,
  BASE,
  SMALL,
  MEDIUM,
  /** As large, but with a short decoder. */
  TURBO,
  LARGE;

  /** The size that {@code model} names, as whisper-large-v3-turbo, or none. */
  static Optional<ModelSize> of(String model) {
    String name = model.toLowerCase(Locale.ROOT);
    return List.of(TURBO, LARGE, MEDIUM, SMALL, BASE, TINY).stream()
        .filter(size -> name.contains(size.wire()))
        .findFirst();
  }

  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
