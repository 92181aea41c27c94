package io.sotto.scheduler.model;

import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.Swept;
import io.sotto.testkit.FakeJobStore;
import io.sotto.testkit.FakeSweeps.Lost;
import io.sotto.testkit.JobRow;
import io.sotto.testkit.StoreGuards;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The way to the store: a call is carried out at once or after others, or not at all, or carried
 * out with its answer lost. After each that may have changed something the invariants are looked
 * at.
 */
final class Database {
  /** One call in so many is on its way for a while, there and back. */
  private static final int SLOW = 3;

  private static final int FAILS = 25;
  private static final int DAWDLES = 6;
  private static final Set<String> MOVES_NO_ROW =
      Set.of(
          "renew",
          "register",
          "deregister",
          "lead",
          "leader",
          "suspects",
          "assign",
          "find overdue",
          "find lost");
  private static final Runnable NOTHING = () -> {};

  private final World world;
  private final Faults faults;
  private final Process server =
      new Process(new NodeId(new UUID(0, 0)), new Host("store", false, false, false), "store");
  final FakeJobStore store;
  final Invariants invariants;
  private Consumer<Process> waits = caller -> {};
  private boolean away;

  Database(World world, Faults faults, StoreGuards guards, Invariants invariants) {
    this.world = world;
    this.faults = faults;
    this.invariants = invariants;
    this.store = new FakeJobStore(world::now, guards);
  }

  /** {@code waits} hears of every caller whose answer does not come at once. */
  void onWaiting(Consumer<Process> waits) {
    this.waits = waits;
  }

  /** Nobody reaches the store until {@link #comeBack}. */
  void goAway() {
    away = true;
  }

  void comeBack() {
    away = false;
  }

  /** What is overdue now. */
  Future<List<Lost>> findOverdue() {
    Future<List<Lost>> found = store.findOverdue();
    found.result().forEach(lost -> invariants.found(lost, store));
    return found;
  }

  /** Gives {@code found} back, if it still is as it was found. */
  Future<Swept> giveBack(Collection<Lost> found) {
    List<JobRow> before = store.rows();
    Future<Swept> swept = store.giveBack(found);
    invariants.gaveBack(found, before, store.rows());
    return swept;
  }

  /** Carries {@code step} out for {@code caller}: {@code then} gets what it brought. */
  <T> void call(
      Process caller, String name, Supplier<Future<T>> step, Consumer<T> then, Runnable down) {
    if (away || faults.strikes(Fault.CALL_FAILS, FAILS)) {
      world.note(caller, name + ": the store is away");
      world.post(caller, "store down", down, NOTHING);
    } else if (world.calm() || !world.oneIn(SLOW)) {
      answer(caller, name, apply(caller, name, step), then, down, false);
    } else if (faults.strikes(Fault.SLOW_CALL, DAWDLES)) {
      long dawdles = world.between(Times.ms(200), Times.ms(7000));
      world.after(server, dawdles, name, () -> applyLater(caller, name, step, then, down));
      waits.accept(caller);
    } else {
      world.post(server, name, () -> applyLater(caller, name, step, then, down), NOTHING);
      waits.accept(caller);
    }
  }

  private <T> void applyLater(
      Process caller, String name, Supplier<Future<T>> step, Consumer<T> then, Runnable down) {
    if (away) {
      world.post(caller, "store down", down, NOTHING);
    } else {
      answer(caller, name, apply(caller, name, step), then, down, true);
    }
  }

  private <T> T apply(Process caller, String name, Supplier<Future<T>> step) {
    T value = step.get().result();
    if (world.traced()) {
      world.note(caller, name + " = " + value);
    }
    if (!MOVES_NO_ROW.contains(name) && !List.of().equals(value)) {
      invariants.check(store);
    }
    return value;
  }

  private <T> void answer(
      Process caller, String name, T value, Consumer<T> then, Runnable down, boolean late) {
    if (faults.strikes(Fault.ANSWER_LOST, FAILS)) {
      world.note(caller, name + ": answer lost");
      world.post(caller, "store down", down, NOTHING);
    } else if (late) {
      world.post(caller, name + " answered", () -> then.accept(value), NOTHING);
    } else {
      then.accept(value);
    }
  }
}
