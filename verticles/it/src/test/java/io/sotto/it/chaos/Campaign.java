package io.sotto.it.chaos;

import io.sotto.it.chaos.Plan.Kind;
import io.sotto.it.chaos.Plan.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A house under load, a plan of faults on it, and the judgement afterwards. Everything it leaves
 * lies in one folder: the plan, what clients were told, and the log of every node.
 */
final class Campaign {
  private static final int SOUNDS = 8;
  private static final long SETTLE_MS = 180_000;

  private final Path folder;
  private final Consumer<String> out;
  private final Checker checker = new Checker();
  private final LeaseWatch watch = new LeaseWatch();
  private final List<Struck> struck = new ArrayList<>();

  /** When a fault began. */
  private record Struck(Kind kind, long nanos) {}

  /** How many chunks were done while faults lasted, and how long that was. */
  record Pace(int chunks, double seconds) {}

  /** {@code out} takes progress, line by line. */
  Campaign(Path folder, Consumer<String> out) {
    this.folder = folder;
    this.out = out;
  }

  /** Faults after those of the plan; gives how many. */
  interface More {
    int strike(House house) throws Exception;
  }

  Outcome run(House.Size size, int clients, Plan plan) throws Exception {
    return run(size, Ground.LOOPBACK, clients, plan, house -> 0);
  }

  Outcome run(House.Size size, Ground ground, int clients, Plan plan, More more) throws Exception {
    clear(folder);
    Files.createDirectories(folder);
    Files.write(folder.resolve("plan.txt"), plan.lines());
    plan.lines().forEach(out);
    try (Recorder recorder = Recorder.open(folder.resolve("facts.txt"));
        House house = House.open(folder, size, ground, watch);
        Client client = new Client(house::urls, recorder)) {
      Load load = new Load(client, recorder, Sound.several(SOUNDS));
      learn(load, client);
      out.accept("the house stands, texts are learnt, faults begin");
      load.start(clients, plan.seed());
      Injector injector = new Injector(house, watch);
      int before = watch.done();
      long begun = System.nanoTime();
      strike(plan, injector, recorder);
      int faults = plan.steps().size() + more.strike(house);
      double underFaultsS = (System.nanoTime() - begun) / 1e9;
      int done = watch.done() - before;
      long settledMs = load.stop(SETTLE_MS);
      Checker.Verdict verdict = checker.judge(recorder, house.database());
      Pace pace = new Pace(done, underFaultsS);
      Outcome outcome = outcome(plan, faults, injector, recorder, verdict, pace, settledMs);
      verdict.findings().forEach(out);
      Files.write(folder.resolve("findings.txt"), verdict.findings());
      return outcome;
    }
  }

  /** Removes {@code folder} and what is in it. */
  static void clear(Path folder) throws Exception {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(one);
        }
      }
    }
  }

  /** Each recording once, undisturbed. */
  private void learn(Load load, Client client) throws InterruptedException {
    for (Sound sound : Sound.several(SOUNDS)) {
      Recorder.Asked one = load.one(sound);
      checker.learn(one, client.chunks(one));
    }
  }

  private void strike(Plan plan, Injector injector, Recorder recorder) throws Exception {
    int number = 0;
    for (Step step : plan.steps()) {
      Pause.ms(step.pauseMs());
      struck.add(new Struck(step.kind(), System.nanoTime()));
      recorder.fault(++number + " " + step.kind().words());
      String did = injector.run(step);
      recorder.fault(number + " over: " + did);
      out.accept(
          "%d/%d %s: %s; %d chunks done"
              .formatted(number, plan.steps().size(), step.kind().words(), did, watch.done()));
      injector.deserters().forEach(name -> recorder.surprise(name + " ended by itself"));
    }
  }

  private Outcome outcome(
      Plan plan,
      int faults,
      Injector injector,
      Recorder recorder,
      Checker.Verdict verdict,
      Pace pace,
      double settledMs) {
    Map<Kind, Double> waits = waits(recorder);
    List<Double> killed = watch.elsewhereMs(injector.outages(Kind.KILL_WORKER));
    List<Double> frozen = watch.noticedMs(injector.outages(Kind.FREEZE_WORKER));
    double longest = waits.values().stream().mapToDouble(ms -> ms).max().orElse(0);
    Outcome.Times times =
        new Outcome.Times(Percentile.of(killed, 99), Percentile.of(frozen, 99), settledMs, longest);
    Figures figures = new Figures(injector, watch, waits);
    return new Outcome(plan, faults, verdict, times, figures.of(verdict, times, pace));
  }

  /** By kind of fault, the longest that a job had to wait for its end from where it began. */
  private Map<Kind, Double> waits(Recorder recorder) {
    Map<Kind, Double> waits = new EnumMap<>(Kind.class);
    for (Struck fault : struck) {
      for (Recorder.Asked one : recorder.all()) {
        boolean open =
            one.ended() && one.ackedNanos() < fault.nanos && one.endedNanos() > fault.nanos;
        double ms = open ? (one.endedNanos() - fault.nanos) / 1e6 : 0;
        waits.merge(fault.kind, ms, Math::max);
      }
    }
    return waits;
  }
}
