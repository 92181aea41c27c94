package io.sotto.protocol;

/**
 * The addresses of the event bus that applications outside may use, with JSON bodies and released
 * like the REST API (docs/bus.md). All others are between nodes alone.
 */
public final class PublicAddresses {
  /** Asked with a job to do; answered with the job. */
  public static final String SUBMIT = "sotto.v1.submit";

  /** Asked with {@code id}; answered with the job as it is. */
  public static final String STATUS = "sotto.v1.status";

  /** Asked with {@code id}; answered with the job, cancelled. */
  public static final String CANCEL = "sotto.v1.cancel";

  /** Published: a {@link JobEvent} at every step of every job. */
  public static final String CHANGED = "sotto.v1.changed";

  /** Published: a {@link TextEvent} for every chunk that is done. */
  public static final String PARTIAL = "sotto.v1.partial";

  private PublicAddresses() {}
}
