package io.sotto.scheduler.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The clock, timers in the order of their time, and letters in any order: whatever happens in the
 * model comes through here, one step at a time, chosen by dice that a seed throws.
 */
final class World {
  /** A letter is not left lying longer than this by chance alone; a fault may delay it. */
  private static final long PATIENCE = Times.ms(1500);

  /** One in so many steps lets time go on though letters wait. */
  private static final int TIME_GOES_ON = 4;

  final SplittableRandom dice;
  private final @Nullable List<String> trace;
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final List<Letter> bag = new ArrayList<>();
  private long now = Times.ms(1);
  private long order;
  private boolean calm;

  /** With {@code trace}, every step is written there. */
  World(long seed, @Nullable List<String> trace) {
    this.dice = new SplittableRandom(seed);
    this.trace = trace;
  }

  /** What is due at a time, in {@code owner}'s process. */
  record Timer(
      long at, long order, Process owner, String name, BooleanSupplier wanted, Runnable action)
      implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  /** What reaches {@code to} sooner or later; {@code lost} runs instead if nobody lives there. */
  record Letter(Process to, long sent, Object what, Runnable action, Runnable lost) {}

  long now() {
    return now;
  }

  boolean calm() {
    return calm;
  }

  /** From here on letters arrive at once and in order. */
  void calmDown() {
    calm = true;
  }

  long between(long from, long to) {
    return dice.nextLong(from, to);
  }

  boolean oneIn(int n) {
    return dice.nextInt(n) == 0;
  }

  void after(Process owner, long delay, String name, Runnable action) {
    after(owner, delay, name, () -> true, action);
  }

  /** A timer that is no longer {@code wanted} when its time comes is no step. */
  void after(Process owner, long delay, String name, BooleanSupplier wanted, Runnable action) {
    timers.add(new Timer(now + delay, order++, owner, name, wanted, action));
  }

  void post(Process to, Object what, Runnable action, Runnable lost) {
    bag.add(new Letter(to, now, what, action, lost));
  }

  boolean lettersWait() {
    return !bag.isEmpty();
  }

  /** One thing happens. */
  void step() {
    Letter letter = pick();
    if (letter == null) {
      nextTimer();
    } else if (letter.to.dead) {
      letter.lost.run();
    } else if (letter.to.frozen) {
      letter.to.stalledLetters.add(letter);
    } else {
      note(letter.to, letter.what);
      letter.action.run();
    }
  }

  private @Nullable Letter pick() {
    if (bag.isEmpty()) {
      return null;
    }
    if (calm || now - bag.getFirst().sent > PATIENCE) {
      return bag.removeFirst();
    }
    return oneIn(TIME_GOES_ON) ? null : bag.remove(dice.nextInt(bag.size()));
  }

  private void nextTimer() {
    for (Timer timer = timers.remove(); ; timer = timers.remove()) {
      now = timer.wanted.getAsBoolean() ? Math.max(now, timer.at) : now;
      if (timer.owner.frozen) {
        timer.owner.stalledTimers.add(timer);
      } else if (!timer.owner.dead && timer.wanted.getAsBoolean()) {
        note(timer.owner, timer.name);
        timer.action.run();
        return;
      }
    }
  }

  /** Everything that came while {@code process} stood still is there at once. */
  void wake(Process process) {
    timers.addAll(process.stalledTimers);
    bag.addAll(process.stalledLetters);
    process.stalledTimers.clear();
    process.stalledLetters.clear();
  }

  boolean traced() {
    return trace != null;
  }

  void note(Object who, Object what) {
    if (trace != null) {
      trace.add(String.format(Locale.ROOT, "%9.3f %-8s %s", now / 1e9, who, what));
    }
  }
}
