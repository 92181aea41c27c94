package io.sotto.ingest;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Limits of an ingest node: {@code slots} recordings side by side (1 to 64), uploads and nothing
 * else in the folder {@code temp}, recordings of at most {@code audioMax}.
 */
public record IngestOptions(int slots, Path temp, Duration audioMax, FfmpegBinary ffmpeg) {
  /** A decoder that gives nothing for this long hangs. */
  static final Duration DECODER_SILENCE = Duration.ofSeconds(60);

  /** Chunks on their way to the store, per recording. */
  static final int PUTS_AT_ONCE = 4;

  /** Chunks told in one report at most; a report is at least this often due, chunks or none. */
  static final int CHUNKS_PER_REPORT = 256;

  static final Duration REPORT_EVERY = Duration.ofSeconds(5);
  static final Duration OFFER_EVERY = Duration.ofSeconds(1);

  /** A report that no scheduler takes for this long is given up: the lease ran out long before. */
  static final Duration REPORT_PATIENCE = Duration.ofMinutes(5);

  static final Duration RETRY_MIN = Duration.ofMillis(100);
  static final Duration RETRY_MAX = Duration.ofSeconds(5);

  public IngestOptions {
    if (slots < 1 || slots > 64) {
      throw new IllegalArgumentException("slots must be 1 to 64, is " + slots);
    }
    if (audioMax.isNegative() || audioMax.isZero()) {
      throw new IllegalArgumentException("audioMax must be positive, is " + audioMax);
    }
  }
}
