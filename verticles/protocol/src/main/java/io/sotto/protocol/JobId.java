package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;

/**
 * Names one transcription job. New ids are UUID version 7 (RFC 9562 §5.7), so they sort by time of
 * creation.
 */
public record JobId(@JsonValue UUID value) implements Comparable<JobId> {
  private static final SecureRandom RANDOM = new SecureRandom();

  @JsonCreator
  public JobId {}

  /** A fresh id for a job created at {@code epochMillis}. */
  public static JobId create(long epochMillis) {
    long random = RANDOM.nextLong();
    long high = epochMillis << 16 | 0x7000 | random & 0xfff;
    long low = RANDOM.nextLong() & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L;
    return new JobId(new UUID(high, low));
  }

  /** The id written as {@code text}, or empty when that is not a UUID in its canonical form. */
  public static Optional<JobId> parse(String text) {
    try {
      UUID uuid = UUID.fromString(text);
      return uuid.toString().equalsIgnoreCase(text)
          ? Optional.of(new JobId(uuid))
          : Optional.empty();
    } catch (IllegalArgumentException notAnId) {
      return Optional.empty();
    }
  }

  @Override
  public int compareTo(JobId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
