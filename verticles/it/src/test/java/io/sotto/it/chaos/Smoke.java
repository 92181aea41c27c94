package io.sotto.it.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Eight kinds of fault, each twice, on a cluster at work; and, {@code cutting}, each of two workers
 * cut from both schedulers for longer than it takes to be given up.
 */
record Smoke(boolean cutting) implements Study {
  private static final long SEED = Long.getLong("sotto.chaos.smoke-seed", 1);
  private static final int TIMES = 2;
  private static final int CLIENTS = 6;
  private static final House.Size SIZE = new House.Size(2, 2, 400);
  private static final List<String> FRONTS = List.of("front-1", "front-2");
  private static final List<String> WORKERS = List.of("worker-1", "worker-2");
  private static final long CUT_MS = 5_000;
  private static final long BETWEEN_MS = 2_000;
  private static final int JOBS_MIN = 30;
  private static final double KILLED_P99_MS = 10_000;
  private static final double FROZEN_P99_MS = 8_000;
  private static final double SETTLED_MS = 30_000;
  private static final double LONGEST_WAIT_MS = 60_000;

  @Override
  public String name() {
    return "smoke";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    Plan plan = Plan.smoke(SEED, TIMES);
    Campaign campaign = new Campaign(folder, out);
    if (!cutting) {
      return seen(campaign.run(SIZE, CLIENTS, plan), out);
    }
    List<String> all = new ArrayList<>(FRONTS);
    all.addAll(WORKERS);
    try (Network network = Network.open(all, Map.of())) {
      return seen(campaign.run(SIZE, network, CLIENTS, plan, house -> cut(network, out)), out);
    }
  }

  private static int cut(Network network, Consumer<String> out) throws InterruptedException {
    for (String worker : WORKERS) {
      out.accept(worker + " is cut from both schedulers for " + CUT_MS + " ms");
      network.cut(List.of(worker), FRONTS);
      Pause.ms(CUT_MS);
      network.heal();
      Pause.ms(BETWEEN_MS);
    }
    return WORKERS.size();
  }

  private static Seen seen(Outcome outcome, Consumer<String> out) {
    out.accept(outcome.lastLine());
    List<String> findings = new ArrayList<>(outcome.verdict().findings());
    Outcome.Times times = outcome.times();
    atMost("killed to elsewhere", times.killedP99(), KILLED_P99_MS, findings);
    atMost("frozen to noticed", times.frozenP99(), FROZEN_P99_MS, findings);
    atMost("settled", times.settled(), SETTLED_MS, findings);
    atMost("longest wait", times.longestWait(), LONGEST_WAIT_MS, findings);
    if (outcome.verdict().acked() <= JOBS_MIN) {
      findings.add("it was not under load: " + outcome.verdict());
    }
    return new Seen(outcome.figures(), findings);
  }

  /** What is no number was not seen at all. */
  private static void atMost(String what, double ms, double limitMs, List<String> findings) {
    if (!(ms <= limitMs)) {
      findings.add("%s: %.0f ms, more than %.0f".formatted(what, ms, limitMs));
    }
  }
}
