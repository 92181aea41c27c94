package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/** What Whisper is asked to write: the language that is spoken, or English. */
public enum Task {
  TRANSCRIBE,
  TRANSLATE;

  public static Optional<Task> parse(String name) {
    for (Task task : values()) {
      if (task.wire().equals(name)) {
        return Optional.of(task);
      }
    }
    return Optional.empty();
  }

  @JsonCreator
  static Task fromWire(String name) {
    return parse(name).orElseThrow(() -> new IllegalArgumentException("unknown task " + name));
  }

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
