package io.sotto.it.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Two of four nodes are killed in the same instant, so that no survivor may hold what the cluster
 * knew of their listeners; successors are started at once, and half a minute later the list of
 * listeners must be true.
 */
record DoubleKill() implements Study {
  private static final int TIMES = Integer.getInteger("sotto.chaos.double-kill.times", 20);
  private static final int CLIENTS = 8;
  private static final long TRUE_MS = 30_000;
  private static final long PATIENCE_MS = 60_000;
  private static final House.Size SIZE = new House.Size(2, 2, 800);

  @Override
  public String name() {
    return "double-kill";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    try (Scene scene = Scene.open(folder, SIZE, Ground.LOOPBACK, out)) {
      scene.start(CLIENTS);
      List<Double> elsewhere = new ArrayList<>();
      List<Double> trueMs = new ArrayList<>();
      for (int i = 0; i < TIMES; i++) {
        Membership.Healed healed = kill(scene, i, elsewhere);
        trueMs.add(Double.isNaN(healed.trueMs()) ? Double.MAX_VALUE : healed.trueMs());
      }
      trueMs.sort(null);
      Checker.Verdict verdict = scene.judge();
      return new Seen(
          List.of(untrue(trueMs), took(trueMs), ran(elsewhere), Scene.violations(verdict)),
          verdict.findings());
    }
  }

  /** Every pair of the four in turn. */
  private static List<Member> pair(Scene scene, int turn) {
    List<Member> members = scene.house().members();
    List<List<Member>> pairs = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      for (int j = i + 1; j < members.size(); j++) {
        pairs.add(List.of(members.get(i), members.get(j)));
      }
    }
    return pairs.get(turn % pairs.size());
  }

  private static Membership.Healed kill(Scene scene, int turn, List<Double> elsewhere)
      throws Exception {
    List<Member> two = pair(scene, turn);
    List<LeaseWatch.Outage> outages = new ArrayList<>();
    for (Member one : two) {
      outages.add(scene.watch().gone(one.ready()));
    }
    long killed = System.nanoTime();
    scene.tell("%d/%d kill %s".formatted(turn + 1, TIMES, two.stream().map(Member::name).toList()));
    Member.killTogether(two);
    for (Member one : two) {
      one.start();
    }
    for (Member one : two) {
      one.ready();
    }
    Membership.Healed healed = scene.membership().healed(killed, PATIENCE_MS);
    elsewhere.addAll(scene.watch().elsewhereMs(outages));
    scene.tell("back: " + healed.words());
    return healed;
  }

  private static Outcome.Figure untrue(List<Double> trueMs) {
    long late = trueMs.stream().filter(ms -> ms > TRUE_MS).count();
    return new Outcome.Figure(
        "2 of 4 nodes killed at once, %d times: subscriptions untrue 30 s later".formatted(TIMES),
        late + " times",
        "0 times");
  }

  private static Outcome.Figure took(List<Double> trueMs) {
    return new Outcome.Figure(
        "… killed → successors are members, every node has found the subscriptions true",
        Percentile.words(trueMs),
        "≤ 30 s");
  }

  private static Outcome.Figure ran(List<Double> elsewhere) {
    elsewhere.sort(null);
    return new Outcome.Figure(
        "… their chunks run elsewhere",
        "%s (%d chunks)".formatted(Percentile.words(elsewhere), elsewhere.size()),
        "p99 ≤ 5 s where a worker is left");
  }
}
