package io.sotto.storage;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the audit log says happened.
 *
 * @param at when, in microseconds; of several times, the first
 * @param node which noticed
 * @param tenant whose key it was, null where nobody's
 * @param actor name of the key, or empty
 * @param address where the request came from, or empty
 * @param subject what it was done to: a job, a file; or empty
 * @param times how often, where equal events are one entry
 */
public record AuditEntry(
    Instant at,
    String node,
    AuditAction action,
    @Nullable Long tenant,
    String actor,
    String address,
    String subject,
    String detail,
    long times) {
  private static final int CHARS_MAX = 500;

  public AuditEntry {
    at = at.truncatedTo(ChronoUnit.MICROS);
    actor = clip(actor);
    address = clip(address);
    subject = clip(subject);
    detail = clip(detail);
  }

  /** Control characters would let a client draw lines of its own into a listing. */
  private static String clip(String text) {
    String one = text.replaceAll("\\p{Cntrl}", "?");
    return one.length() > CHARS_MAX ? one.substring(0, CHARS_MAX) : one;
  }
}
