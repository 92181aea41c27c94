package io.sotto.it.chaos;

import io.sotto.it.Recordings;
import java.nio.file.Path;
import java.time.Duration;

/** {@code scripts/chaos.sh}: random faults from a number, for so many minutes. */
final class ChaosMain {
  private static final House.Size SIZE = new House.Size(2, 3, 400);
  private static final int CLIENTS = 8;

  private ChaosMain() {}

  public static void main(String[] arguments) throws Exception {
    long seed = System.currentTimeMillis() % 1_000_000;
    double minutes = 10;
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--seed" -> seed = Long.parseLong(arguments[i + 1]);
        case "--minutes" -> minutes = Double.parseDouble(arguments[i + 1]);
        default ->
            throw new IllegalArgumentException(
                arguments[i] + " is not known: use --seed NUMBER --minutes NUMBER");
      }
    }
    Outcome outcome = campaign(seed, Duration.ofSeconds((long) (minutes * 60)));
    System.exit(outcome.verdict().clean() ? 0 : 1);
  }

  /** Runs it and prints as it goes; the last line says what was lost, which is nothing. */
  static Outcome campaign(long seed, Duration length) throws Exception {
    Path folder = Recordings.HOME.resolve("verticles/it/target/chaos/seed-" + seed);
    Outcome outcome =
        new Campaign(folder, System.out::println).run(SIZE, CLIENTS, Plan.random(seed, length));
    outcome.table().forEach(System.out::println);
    System.out.println(outcome.lastLine());
    return outcome;
  }
}
