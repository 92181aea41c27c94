package io.sotto.http;

import io.sotto.storage.JobView;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a call that makes a job waits for its end. {@code audioMsMax}: it waits no longer once
 * the recording is known to be longer than this, null: it waits for any. A wait that is over fails
 * nothing: the job goes on.
 */
record SyncMode(Duration atMost, @Nullable Long audioMsMax) {
  private static final SyncMode ASYNC = new SyncMode(Duration.ZERO, null);
  private static final Pattern WAIT =
      Pattern.compile("(?:^|[,;])\\s*wait\\s*=\\s*\"?(\\d{1,6})\"?");
  private static final Pattern RESPOND_ASYNC =
      Pattern.compile("(?:^|[,;])\\s*respond-async\\s*(?:$|[,;])");

  /**
   * What an operator has set for calls that do not say: they wait for recordings of at most {@code
   * threshold}, {@code timeout} long.
   */
  record Limits(Duration threshold, Duration timeout) {
    /** A minute of audio, two minutes of waiting. */
    static final Limits USUAL = new Limits(Duration.ofMinutes(1), Duration.ofMinutes(2));
  }

  /**
   * {@code field} is the form's {@code sync}, which wins over {@code prefer}, the header of RFC
   * 7240: {@code respond-async}, {@code wait=N} seconds, or both, which waits so long and no
   * longer.
   */
  static SyncMode of(
      @Nullable String field, @Nullable String prefer, Limits limits, Duration longest) {
    Duration wait = wait(prefer);
    boolean async = prefer != null && RESPOND_ASYNC.matcher(prefer).find() && wait == null;
    return switch (field == null && async ? "false" : field == null ? "auto" : field) {
      case "false" -> ASYNC;
      case "true" -> new SyncMode(shorter(longest, wait), null);
      case "auto" ->
          new SyncMode(
              shorter(shorter(limits.timeout, longest), wait), limits.threshold.toMillis());
      default -> throw ApiError.badField("sync", "sync is true, false or auto");
    };
  }

  private static @Nullable Duration wait(@Nullable String prefer) {
    Matcher wait = WAIT.matcher(prefer == null ? "" : prefer);
    return wait.find() ? Duration.ofSeconds(Long.parseLong(wait.group(1))) : null;
  }

  private static Duration shorter(Duration one, @Nullable Duration other) {
    return other != null && other.compareTo(one) < 0 ? other : one;
  }

  boolean waits() {
    return !atMost.isZero();
  }

  /** Whether the recording turned out longer than the call waits for. */
  boolean tooLong(JobView job) {
    Long length = job.audioMs();
    return audioMsMax != null
        && (job.preparedMs() > audioMsMax || length != null && length > audioMsMax);
  }
}
