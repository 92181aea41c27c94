package io.sotto.it;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** What tests need for the programs that they start: a port, and an end. */
public final class Programs {
  private static final int PORTS_FROM = 10_000;
  private static final int PORTS_TO = 15_000;
  private static final int PORTS_TRIED = 50;

  private Programs() {}

  /**
   * A port that nobody listens on now, and that no connection outwards is given: it stays free
   * while who listens there is restarted.
   */
  public static int freePort() throws IOException {
    for (int tries = 1; ; tries++) {
      int port = ThreadLocalRandom.current().nextInt(PORTS_FROM, PORTS_TO);
      try (ServerSocket free = new ServerSocket(port)) {
        return free.getLocalPort();
      } catch (BindException taken) {
        if (tries == PORTS_TRIED) {
          throw taken;
        }
      }
    }
  }

  /** Asks {@code process} to end, and ends it after {@code seconds}. */
  public static void end(Process process, long seconds) {
    process.destroy();
    try {
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
