package io.sotto.it.chaos;

import io.sotto.it.chaos.Plan.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Does to a house what a step of a plan says, holds it, and makes it good again: when {@link #run}
 * returns every node is ready and both stores answer, so that faults come one at a time.
 */
final class Injector {
  private static final long SESSIONS_EVERY_MS = 100;
  private static final int REFUSED_SOME = 40;
  private static final Duration SLOW_ANSWER = Duration.ofMillis(40);
  private static final int SLOW_BYTES_PER_S = 256 << 10;
  private static final long FLIP_EVERY_BYTES = 300_000;
  private static final long RESET_AFTER_BYTES = 10_000;

  private final House house;
  private final LeaseWatch watch;
  private final Map<Plan.Kind, List<LeaseWatch.Outage>> outages = new EnumMap<>(Plan.Kind.class);
  private final Map<Plan.Kind, Integer> counts = new EnumMap<>(Plan.Kind.class);

  Injector(House house, LeaseWatch watch) {
    this.house = house;
    this.watch = watch;
  }

  /** Gives what it did in words, with the node it hit. */
  String run(Step step) throws Exception {
    counts.merge(step.kind(), 1, Integer::sum);
    return switch (step.kind()) {
      case KILL_WORKER -> kill(step, house.workers());
      case KILL_SCHEDULER -> kill(step, house.fronts());
      case FREEZE_WORKER -> freeze(step, house.workers());
      case FREEZE_SCHEDULER -> freeze(step, house.fronts());
      case LEAVE_WORKER -> leave(step, house.workers());
      case LEAVE_SCHEDULER -> leave(step, house.fronts());
      case DATABASE_RESTART -> restart(step);
      case DATABASE_SESSIONS -> terminate(step);
      case DATABASE_STALL -> hold(step, database(), new Fault.Blackhole());
      case DATABASE_HALF_OPEN -> hold(step, database(), new Fault.HalfOpen());
      case DATABASE_SLOW -> hold(step, database(), new Fault.Delay(SLOW_ANSWER));
      case STORE_REFUSES -> hold(step, store(), new Fault.Refuse(refused(step)));
      case STORE_RESETS -> hold(step, store(), resets(step));
      case STORE_FLIPS_BITS -> hold(step, store(), new Fault.FlipBit(FLIP_EVERY_BYTES));
      case STORE_STALL -> hold(step, store(), new Fault.Blackhole());
      case STORE_SLOW -> hold(step, store(), new Fault.Rate(SLOW_BYTES_PER_S));
    };
  }

  private FaultProxy database() {
    return house.database().proxy();
  }

  private FaultProxy store() {
    return house.storeProxy();
  }

  /** Every second time all, else some. */
  private static int refused(Step step) {
    return step.strength() % 2 == 0 ? 100 : REFUSED_SOME;
  }

  /** Every second time at once, else in the middle of an object. */
  private static Fault resets(Step step) {
    return new Fault.ResetAfter(step.strength() % 2 == 0 ? 0 : RESET_AFTER_BYTES);
  }

  private static Member picked(Step step, List<Member> members) {
    return members.get(step.pick() % members.size());
  }

  private LeaseWatch.Outage outage(Step step, Member member) throws Exception {
    LeaseWatch.Outage outage = watch.gone(member.ready());
    outages.computeIfAbsent(step.kind(), kind -> new ArrayList<>()).add(outage);
    return outage;
  }

  private String kill(Step step, List<Member> members) throws Exception {
    Member member = picked(step, members);
    outage(step, member);
    member.kill();
    Pause.ms(step.lastsMs());
    member.start();
    return member.name() + " is " + member.ready();
  }

  private String freeze(Step step, List<Member> members) throws Exception {
    Member member = picked(step, members);
    LeaseWatch.Outage outage = outage(step, member);
    member.freeze();
    try {
      Pause.ms(step.lastsMs());
    } finally {
      watch.back(outage);
      member.thaw();
    }
    return member.name();
  }

  private String leave(Step step, List<Member> members) throws Exception {
    Member member = picked(step, members);
    member.leave();
    Pause.ms(step.lastsMs());
    member.start();
    return member.name() + " is " + member.ready();
  }

  private String restart(Step step) throws IOException, InterruptedException {
    house.database().quit();
    Pause.ms(step.lastsMs());
    house.database().comeBack();
    return "back on port " + database().target();
  }

  private String terminate(Step step) throws Exception {
    int ended = 0;
    for (long ms = 0; ms < step.lastsMs(); ms += SESSIONS_EVERY_MS) {
      ended += house.database().terminateSessions();
      Pause.ms(SESSIONS_EVERY_MS);
    }
    return ended + " sessions";
  }

  private static String hold(Step step, FaultProxy proxy, Fault fault) {
    long before = proxy.struck();
    proxy.set(fault);
    try {
      Pause.ms(step.lastsMs());
    } finally {
      proxy.heal();
    }
    return fault + " struck " + (proxy.struck() - before);
  }

  /** Nodes that were taken away by faults of this kind. */
  List<LeaseWatch.Outage> outages(Plan.Kind kind) {
    return outages.getOrDefault(kind, List.of());
  }

  int count(Plan.Kind kind) {
    return counts.getOrDefault(kind, 0);
  }

  /** Nodes that ended though nobody ended them; they are started again. */
  List<String> deserters() throws Exception {
    List<Member> all = new ArrayList<>(house.fronts());
    all.addAll(house.workers());
    List<Member> gone = all.stream().filter(member -> !member.alive()).toList();
    for (Member member : gone) {
      member.start();
      member.ready();
    }
    return gone.stream().map(Member::name).toList();
  }
}
