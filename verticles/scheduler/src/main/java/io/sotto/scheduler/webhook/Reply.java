package io.sotto.scheduler.webhook;

import io.sotto.protocol.net.UrlRefused;
import io.sotto.storage.WebhookStore.Answer;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What one try came to. {@code fatal}: no other try can help. {@code retryAfter} is what the
 * receiver asked for, or zero.
 */
record Reply(Answer answer, boolean fatal, Duration retryAfter) {
  private static final String SECONDS = "\\d{1,7}";

  boolean delivered() {
    return answer.error() == null;
  }

  static Reply status(int status, @Nullable String retryAfter, long ms) {
    boolean seconds = retryAfter != null && retryAfter.strip().matches(SECONDS);
    Duration asked =
        seconds && retryAfter != null
            ? Duration.ofSeconds(Long.parseLong(retryAfter.strip()))
            : Duration.ZERO;
    return new Reply(new Answer(status, error(status), null, ms), false, asked);
  }

  private static @Nullable String error(int status) {
    if (status / 100 == 2) {
      return null;
    }
    return status / 100 == 3 ? "redirect" : "status";
  }

  /** The same, with no other try to follow. */
  Reply last() {
    return new Reply(answer, true, Duration.ZERO);
  }

  static Reply fatal(String error, String reason) {
    return new Reply(new Answer(null, error, reason, 0), true, Duration.ZERO);
  }

  static Reply defect() {
    Answer answer = new Answer(null, "internal", "something went wrong on our side", 0);
    return new Reply(answer, false, Duration.ZERO);
  }

  static Reply failed(Throwable failure, long ms) {
    String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    Answer answer = new Answer(null, error(failure), reason, ms);
    return new Reply(answer, failure instanceof UrlRefused, Duration.ZERO);
  }

  private static String error(Throwable failure) {
    return switch (failure) {
      case UrlRefused refused -> "refused";
      case UnknownHostException unknown -> "dns";
      case ConnectException nobody -> "connect";
      case SSLException untrusted -> "tls";
      case TimeoutException late -> "timeout";
      default -> "io";
    };
  }
}
