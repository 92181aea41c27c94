package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Set;

/** The states of a chunk; docs/states.md draws them. A terminal state is never left. */
public enum ChunkState {
  /** Stored, but the job's language is still to be detected on its first chunk. */
  HELD,
  /** May be claimed once its {@code run_at} has come. */
  READY,
  /** Claimed by a scheduler for one worker, until its deadline. */
  LEASED,
  DONE,
  /** Its budget of failures is spent: the job fails with its reason. */
  DEAD,
  CANCELLED;

  /** The states that may follow this one. */
  public Set<ChunkState> next() {
    return switch (this) {
      case HELD -> Set.of(READY, CANCELLED);
      case READY -> Set.of(LEASED, DONE, DEAD, CANCELLED);
      case LEASED -> Set.of(READY, DONE, DEAD, CANCELLED);
      case DONE, DEAD, CANCELLED -> Set.of();
    };
  }

  public boolean terminal() {
    return next().isEmpty();
  }

  @JsonCreator
  public static ChunkState fromWire(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** The name on every wire and in SQL. */
  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
