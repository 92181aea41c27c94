package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Set;

/** The states of a job; docs/states.md draws them. A terminal state is never left. */
public enum JobState {
  /** The audio is stored and the row committed; nobody prepares it yet. */
  ACCEPTED,
  /** An ingest node decodes the audio and stores its chunks. */
  PREPARING,
  /** Every chunk is known; some are not transcribed yet. */
  RUNNING,
  COMPLETED,
  FAILED,
  CANCELLED;

  /** The states that may follow this one. */
  public Set<JobState> next() {
    return switch (this) {
      case ACCEPTED -> Set.of(PREPARING, FAILED, CANCELLED);
      case PREPARING -> Set.of(ACCEPTED, RUNNING, COMPLETED, FAILED, CANCELLED);
      case RUNNING -> Set.of(COMPLETED, FAILED, CANCELLED);
      case COMPLETED, FAILED, CANCELLED -> Set.of();
    };
  }

  public boolean terminal() {
    return next().isEmpty();
  }

  @JsonCreator
  public static JobState fromWire(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** The name on every wire and in SQL. */
  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
