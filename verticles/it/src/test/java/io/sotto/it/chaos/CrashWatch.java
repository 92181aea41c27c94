package io.sotto.it.chaos;

import io.sotto.protocol.CrashPoint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Hears from the nodes that they came to the crash point they were given, and whether one that
 * slept past its lease gives out work before it has a new one.
 */
final class CrashWatch implements Consumer<String> {
  private final Map<String, String> reached = new HashMap<>();
  private final Set<String> unleased = new HashSet<>();
  private int late;

  @Override
  public synchronized void accept(String line) {
    String member = line.substring(0, Math.max(0, line.indexOf(' ')));
    int at = line.indexOf(CrashPoint.REACHED);
    if (at >= 0) {
      reached.put(member, line.substring(at + CrashPoint.REACHED.length()));
      notifyAll();
    } else if (line.contains("lease taken node=")) {
      unleased.remove(member);
    } else if (line.contains("chunk leased job=") && unleased.contains(member)) {
      late++;
    }
  }

  /** {@code member} is given a crash point anew. */
  synchronized void armed(Member member) {
    reached.remove(member.name());
  }

  /** Whether {@code member} comes to {@code point} within {@code ms}. */
  synchronized boolean reaches(Member member, CrashPoint point, long ms)
      throws InterruptedException {
    long end = System.nanoTime() + ms * 1_000_000;
    long left = ms;
    while (!point.label().equals(reached.get(member.name())) && left > 0) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    return point.label().equals(reached.get(member.name()));
  }

  /** {@code member}, which slept past its lease, is about to be woken. */
  synchronized void woken(Member member) {
    unleased.add(member.name());
  }

  /** Chunks that such nodes gave out before they had a lease again. */
  synchronized int late() {
    return late;
  }
}
