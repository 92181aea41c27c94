package io.sotto.node.model;

import java.io.IOException;
import java.time.Duration;

/** Tries again what failed on the way, five times, after pauses that double. */
record Patience(Duration pause) {
  private static final int TRIES = 5;

  /** What may fail on the way; a {@link HubException} is final. */
  interface Call<T> {
    T run() throws IOException, InterruptedException;
  }

  <T> T with(String what, Call<T> call) throws InterruptedException {
    long wait = pause.toMillis();
    for (int attempt = 1; ; attempt++) {
      try {
        return call.run();
      } catch (IOException e) {
        if (attempt == TRIES) {
          throw new HubException(
              "%s failed %d times (%s); call again to go on where it ended"
                  .formatted(what, TRIES, e.getMessage()),
              e);
        }
        Thread.sleep(wait);
        wait *= 2;
      }
    }
  }
}
