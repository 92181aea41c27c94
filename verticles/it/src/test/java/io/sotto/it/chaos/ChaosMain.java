package io.sotto.it.chaos;

import io.sotto.it.Recordings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * {@code scripts/chaos.sh}: random faults from a number, for so many minutes; or the studies that
 * are named, onto the page.
 */
final class ChaosMain {
  private static final House.Size SIZE = new House.Size(2, 3, 400);
  private static final int CLIENTS = 8;

  private ChaosMain() {}

  public static void main(String[] arguments) throws Exception {
    long seed = System.currentTimeMillis() % 1_000_000;
    double minutes = 10;
    String studies = "";
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--seed" -> seed = Long.parseLong(arguments[i + 1]);
        case "--minutes" -> minutes = Double.parseDouble(arguments[i + 1]);
        case "--study" -> studies = arguments[i + 1];
        default ->
            throw new IllegalArgumentException(
                arguments[i]
                    + " is not known: use --seed NUMBER --minutes NUMBER, or --study NAME,NAME");
      }
    }
    boolean clean =
        studies.isEmpty() ? random(seed, Duration.ofSeconds((long) (minutes * 60))) : all(studies);
    System.exit(clean ? 0 : 1);
  }

  private static boolean all(String studies) throws Exception {
    boolean clean = true;
    for (Study study : Studies.named(studies)) {
      clean &= Studies.run(study, System.out::println).findings().isEmpty();
    }
    return clean;
  }

  private static boolean random(long seed, Duration length) throws Exception {
    Path folder = Recordings.HOME.resolve("verticles/it/target/chaos/seed-" + seed);
    Outcome outcome = campaign(seed, length, folder, System.out::println);
    outcome.table().forEach(System.out::println);
    System.out.println(outcome.lastLine());
    return outcome.verdict().clean();
  }

  /** Two nodes that serve and schedule, three that transcribe, and all kinds of faults. */
  static Outcome campaign(long seed, Duration length, Path folder, Consumer<String> out)
      throws Exception {
    return new Campaign(folder, out).run(SIZE, CLIENTS, Plan.random(seed, length));
  }
}
