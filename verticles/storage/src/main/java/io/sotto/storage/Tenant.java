package io.sotto.storage;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Somebody whose work is kept apart from others'. {@code weight} is the share of the cluster while
 * others want it too, against their weights; {@code leasesMax} how many chunks may be with workers
 * at a time, null for as many as there are slots. {@code keepAudio} and {@code keepTranscripts}:
 * how long after a job's end, null as the nodes are configured.
 */
public record Tenant(
    long id,
    String name,
    double weight,
    @Nullable Integer leasesMax,
    @Nullable Duration keepAudio,
    @Nullable Duration keepTranscripts) {
  /** Whose work it is where nobody has to say who they are. */
  public static final Tenant ONLY = new Tenant(1, "", 1, null);

  public static final double WEIGHT_MIN = 0.001;
  public static final double WEIGHT_MAX = 1000;

  public Tenant(long id, String name, double weight, @Nullable Integer leasesMax) {
    this(id, name, weight, leasesMax, null, null);
  }

  public Tenant {
    if (id < 1) {
      throw new IllegalArgumentException("a tenant's id is a number from 1, not " + id);
    }
    if (!(weight >= WEIGHT_MIN && weight <= WEIGHT_MAX)) {
      throw new IllegalArgumentException("a weight is 0.001 to 1000, not " + weight);
    }
    if (leasesMax != null && leasesMax < 1) {
      throw new IllegalArgumentException("in-flight is at least 1, not " + leasesMax);
    }
    if (negative(keepAudio) || negative(keepTranscripts)) {
      throw new IllegalArgumentException("keep-audio and keep-transcripts are not negative");
    }
  }

  private static boolean negative(@Nullable Duration kept) {
    return kept != null && kept.isNegative();
  }
}
