package io.sotto.http;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Another server's API that this one can speak, so that its clients change nothing but a URL. */
public enum Shim {
  /** {@code POST /inference} of whisper.cpp's server. */
  WHISPER_CPP,
  /** {@code POST /asr} and {@code POST /detect-language} of whisper-asr-webservice. */
  ASR_WEBSERVICE;

  /** By its name in {@code http.shims}. */
  public static Optional<Shim> parse(String name) {
    for (Shim shim : values()) {
      if (shim.wire().equals(name)) {
        return Optional.of(shim);
      }
    }
    return Optional.empty();
  }

  /** The names of those that are not among {@code spoken}. */
  static Set<String> others(Set<Shim> spoken) {
    return Arrays.stream(values())
        .filter(shim -> !spoken.contains(shim))
        .map(Shim::wire)
        .collect(Collectors.toUnmodifiableSet());
  }

  public String wire() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
