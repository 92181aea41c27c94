package io.sotto.it.chaos;

import io.sotto.it.Recordings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Every study there is, in the order of the page. */
final class Studies {
  static final List<Study> ALL =
      List.of(
          KillWorker.DEFAULT,
          FreezeWorker.DEFAULT,
          CrashScheduler.DEFAULT,
          new Poison(),
          new RandomFaults(7),
          new RandomFaults(11),
          new RandomFaults(42),
          new DatabaseFaults(),
          new StoreFaults(),
          new HeldTransaction(),
          new TwoTenants(),
          new Overload(),
          new Apart(new Partition()),
          new Apart(new SplitBrain()),
          new Apart(new BusDead()),
          new DoubleKill(),
          new Rolling(),
          new FleetSizes(),
          new Alerts());

  /** Part of every build, and of no page. */
  static final Apart SMOKE = new Apart(new Smoke(true));

  private Studies() {}

  /** What {@link Apart} runs in a process of its own. */
  static Study inside(String name) {
    return Stream.concat(ALL.stream(), Stream.of(SMOKE))
        .filter(study -> study.name().equals(name))
        .flatMap(study -> study instanceof Apart apart ? Stream.of(apart.inside()) : Stream.of())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no study that runs apart is " + name));
  }

  /** {@code names} between commas; all of them when it is empty. */
  static List<Study> named(String names) {
    if (names.isBlank()) {
      return ALL;
    }
    return Arrays.stream(names.split(",")).map(Studies::one).toList();
  }

  private static Study one(String name) {
    return ALL.stream()
        .filter(study -> study.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no study is called " + name + ": " + ALL.stream().map(Study::name).toList()));
  }

  /**
   * Runs it, prints what it saw, and writes that onto the page; says why, and leaves the page, when
   * this machine cannot.
   */
  static Study.Seen run(Study study, Consumer<String> out) throws Exception {
    Optional<String> obstacle = study.obstacle();
    if (obstacle.isPresent()) {
      out.accept("== SKIPPED " + study.name() + ": " + obstacle.get());
      return new Study.Seen(List.of(), List.of());
    }
    Path folder = Recordings.HOME.resolve("verticles/it/target/chaos/" + study.name());
    Campaign.clear(folder);
    Files.createDirectories(folder);
    out.accept("== " + study.name());
    Study.Seen seen = study.run(folder, out);
    seen.table().forEach(out);
    seen.findings().forEach(out);
    ReliabilityPage.write(study.page(), study.name(), seen.table());
    return seen;
  }
}
