package io.sotto.it.chaos;

import io.sotto.it.chaos.Crashes.Strike;
import io.sotto.protocol.CrashPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives a node a crash point, sees to it that the node comes there, and measures what follows until
 * others have its work. A new strike waits for that, not for the successor.
 */
final class Striker implements AutoCloseable {
  private static final int READY_MIN = 2;
  private static final long REACHED_WITHIN_MS = 20_000;

  /** Other nodes may have done all the work that would have led one node to its point. */
  private static final int TRIES = 3;

  private static final long TAKEN_OVER_MAX_MS = 30_000;

  /** A lease is 12 s long. */
  private static final long FROZEN_MS = 16_000;

  private static final long PROVOKE_EVERY_MS = 1_500;
  private static final long AWAY_MS = 300;

  /** As if their workers hung: what is overdue is there to be swept. */
  private static final String OVERDUE =
      "update chunk set deadline_at = clock_timestamp() where state = 'leased'";

  private static final String SWEEPER =
      "select node::text as node from duty where name = 'sweeper'";

  private final Drill trial;
  private final CrashWatch watch;
  private final Takeover takeover;
  private final Successors successors = new Successors();
  private final Map<Strike, Integer> hits = new HashMap<>();
  private final List<Double> killedMs = new ArrayList<>();
  private final List<Double> frozenMs = new ArrayList<>();
  private int turn;

  Striker(Drill trial, CrashWatch watch) {
    this.trial = trial;
    this.watch = watch;
    this.takeover = new Takeover(trial.house().database());
  }

  /** Gives in words what was seen; another node's turn when one did not come to its point. */
  String strike(Strike strike) throws Exception {
    String seen = "";
    int before = hits.getOrDefault(strike, 0);
    for (int i = 0; i < TRIES && hits.getOrDefault(strike, 0) == before; i++) {
      seen = once(strike);
    }
    return seen;
  }

  private String once(Strike strike) throws Exception {
    Member member = member(strike.point());
    String node = member.ready();
    trial.recorder().fault(strike.words() + ", " + member.name());
    watch.armed(member);
    member.crashAt(strike.point(), strike.passes(), strike.freeze());
    if (!comes(member, strike.point())) {
      member.kill(); // it must not come there later, unexpected
      successors.of(member, AWAY_MS);
      return member.name() + " did not come there";
    }
    hits.merge(strike, 1, Integer::sum);
    long since = System.nanoTime();
    double ms = strike.freeze() ? frozen(member, node, since) : killed(member, node, since);
    if (!Crashes.OF_WORKERS.contains(strike.point())) {
      (strike.freeze() ? frozenMs : killedMs).add(ms);
    }
    return member.name() + ", its work taken over after " + Percentile.seconds(ms);
  }

  /** In turn; what sweeps is the one that leads. */
  private Member member(CrashPoint point) throws Exception {
    List<Member> all =
        Crashes.OF_WORKERS.contains(point) ? trial.house().workers() : trial.house().fronts();
    List<Member> ready = successors.await(READY_MIN, all);
    Member next = ready.get(turn++ % ready.size());
    return point == CrashPoint.SWEEP_MID_BATCH ? leader(ready, next) : next;
  }

  private Member leader(List<Member> ready, Member otherwise) throws Exception {
    for (long ms = 0; ms < REACHED_WITHIN_MS; ms += PROVOKE_EVERY_MS) {
      String leads = trial.house().database().ask(SWEEPER).getFirst().getString("node");
      for (Member member : ready) {
        if (member.ready().equals(leads)) {
          return member;
        }
      }
      Pause.ms(PROVOKE_EVERY_MS);
    }
    return otherwise;
  }

  private boolean comes(Member member, CrashPoint point) throws Exception {
    if (point == CrashPoint.DRAIN_MID) {
      Thread.ofVirtual().start(member::leave);
    }
    for (long ms = 0; ms < REACHED_WITHIN_MS; ms += PROVOKE_EVERY_MS) {
      if (point == CrashPoint.SWEEP_MID_BATCH) {
        trial.house().database().ask(OVERDUE);
      }
      if (watch.reaches(member, point, PROVOKE_EVERY_MS)) {
        return true;
      }
    }
    return false;
  }

  private double killed(Member member, String node, long since) throws Exception {
    member.kill(); // it is dead already; its successor must not start before that is known
    successors.of(member, AWAY_MS);
    return takeover.ms(node, since, TAKEN_OVER_MAX_MS);
  }

  private double frozen(Member member, String node, long since) throws Exception {
    member.freeze();
    try {
      double ms = takeover.ms(node, since, TAKEN_OVER_MAX_MS);
      Pause.ms(Math.max(0, FROZEN_MS - (long) ms));
      return ms;
    } finally {
      watch.woken(member);
      member.thaw();
    }
  }

  /** What was reached how often. */
  Map<Strike, Integer> hits() {
    return hits;
  }

  /** Of schedulers that were killed, or frozen: until their work was with others. */
  List<Double> takeoverMs(boolean frozen) {
    return (frozen ? frozenMs : killedMs).stream().sorted().toList();
  }

  /** Waits until every node is there again. */
  @Override
  public void close() {
    successors.await(trial.house().fronts().size(), trial.house().fronts());
    successors.await(trial.house().workers().size(), trial.house().workers());
    successors.close();
  }
}
