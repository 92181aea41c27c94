package io.sotto.it.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** At least 200 faults of every kind, one after the other, from a number. */
record RandomFaults(long seed) implements Study {
  private static final Duration LENGTH =
      Duration.ofMinutes(Long.getLong("sotto.chaos.minutes", 34));

  @Override
  public String name() {
    return "random-" + seed;
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    Outcome outcome = ChaosMain.campaign(seed, LENGTH, folder, out);
    return new Seen(outcome.figures(), outcome.verdict().findings());
  }
}
