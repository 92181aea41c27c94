package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that goes wrong in operation, as a value. {@code wire} is the number it has on the
 * event bus, {@code retryable} says whether trying the same work again can help, {@code httpStatus}
 * is what a client is told.
 */
public enum FailureCode {
  BAD_REQUEST(1, false, 400),
  /** The bytes are a known container but hold no decodable audio, are cut off, or are empty. */
  BAD_AUDIO(2, false, 400),
  UNSUPPORTED_MEDIA(3, false, 415),
  TOO_LARGE(4, false, 413),
  /** Longer than the decoded seconds a job may have. */
  TOO_LONG(5, false, 413),
  UNKNOWN_MODEL(6, false, 404),
  UNSUPPORTED_LANGUAGE(7, false, 400),
  JOB_NOT_FOUND(8, false, 404),
  /** The object a job names is not in the audio store. */
  AUDIO_MISSING(20, true, 500),
  /** The object is not the one that was stored: length or SHA-256 differs. */
  AUDIO_CORRUPT(21, true, 500),
  MODEL_FAULT(22, true, 500),
  DECODER_FAULT(23, true, 500),
  WORKER_FULL(40, true, 503),
  DRAINING(41, true, 503),
  /** The attempt is no longer current: the result is refused and nothing is retried. */
  LEASE_LOST(42, false, 409),
  TIMEOUT(43, true, 504),
  /** Nobody listens on the address. */
  NO_NODE(44, true, 503),
  STORE_DOWN(45, true, 503),
  STORAGE_FULL(46, true, 507),
  CANCELLED(47, false, 409),
  /** The tenant has as many jobs open as it may have. */
  RATE_LIMIT_EXCEEDED(60, false, 429),
  /** The cluster has as many jobs open as it may have. */
  OVERLOADED(61, false, 503),
  /** A defect of ours; the log has the cause under the same id. */
  INTERNAL(99, true, 500);

  private final int wire;
  private final boolean retryable;
  private final int httpStatus;

  FailureCode(int wire, boolean retryable, int httpStatus) {
    this.wire = wire;
    this.retryable = retryable;
    this.httpStatus = httpStatus;
  }

  public int wire() {
    return wire;
  }

  public boolean retryable() {
    return retryable;
  }

  public int httpStatus() {
    return httpStatus;
  }

  /** The name in JSON and in SQL. */
  @JsonValue
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator
  public static FailureCode fromCode(String code) {
    return valueOf(code.toUpperCase(Locale.ROOT));
  }

  public static Optional<FailureCode> fromWire(int wire) {
    for (FailureCode code : values()) {
      if (code.wire == wire) {
        return Optional.of(code);
      }
    }
    return Optional.empty();
  }
}
