package io.sotto.engine.bundle;

import java.util.Locale;
import java.util.Optional;

/** What a bundle's weights and caches are stored as. */
public enum Precision {
  /** The reference: for checking, and for CPUs where exactness is worth half the speed. */
  FP32,
  /** For the CPU: weights and cross-attention caches in eight bits. */
  INT8,
  /** For the GPU. */
  FP16;

  /** The name in manifests and on the command line. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Precision> parse(String code) {
    for (Precision precision : values()) {
      if (precision.code().equals(code)) {
        return Optional.of(precision);
      }
    }
    return Optional.empty();
  }
}
