package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the log of all nodes as it is written: when each chunk was done and by whom, and how often
 * each was given to a worker. Times are those of {@link System#nanoTime}.
 */
final class Tally implements Consumer<String> {
  private static final String SUBJECT = "(job=\\S+ chunk=\\d+) node=(\\S+) attempt=\\d+";
  private static final Pattern LEASED = Pattern.compile("chunk leased " + SUBJECT);
  private static final Pattern DONE = Pattern.compile("chunk done state=\\S+ " + SUBJECT);
  private static final double NANOS_PER_S = 1e9;

  private final List<Done> done = new ArrayList<>();
  private final Map<String, Integer> leases = new HashMap<>();

  /** A chunk whose text was accepted of {@code node}. */
  private record Done(long nanos, String node) {
    boolean within(long from, long to) {
      return nanos >= from && nanos < to;
    }
  }

  @Override
  public void accept(String line) {
    Matcher committed = DONE.matcher(line);
    if (committed.find()) {
      done(committed.group(2), System.nanoTime());
      return;
    }
    Matcher leased = LEASED.matcher(line);
    if (leased.find()) {
      leased(leased.group(1));
    }
  }

  synchronized void done(String node, long nanos) {
    done.add(new Done(nanos, node));
  }

  synchronized void leased(String chunk) {
    leases.merge(chunk, 1, Integer::sum);
  }

  /** Chunks a second, of all nodes. */
  synchronized double rate(long from, long to) {
    long count = done.stream().filter(one -> one.within(from, to)).count();
    return count / ((to - from) / NANOS_PER_S);
  }

  /** Chunks a second that {@code node} has transcribed. */
  synchronized double rate(String node, long from, long to) {
    long count =
        done.stream().filter(one -> one.within(from, to) && one.node().equals(node)).count();
    return count / ((to - from) / NANOS_PER_S);
  }

  /** The longest time in which no chunk was done, in milliseconds; both ends count. */
  synchronized double gapMs(long from, long to) {
    long last = from;
    long longest = 0;
    for (Done one : done) {
      if (one.within(from, to)) {
        longest = Math.max(longest, one.nanos() - last);
        last = one.nanos();
      }
    }
    return Math.max(longest, to - last) / 1e6;
  }

  /** From {@code nanos} to the next chunk that was done, in milliseconds; NaN: none was. */
  synchronized double firstMs(long nanos) {
    return done.stream()
        .filter(one -> one.nanos() >= nanos)
        .mapToDouble(one -> (one.nanos() - nanos) / 1e6)
        .findFirst()
        .orElse(Double.NaN);
  }

  /** Most times that any chunk was given away again, after the first. */
  synchronized int againMost() {
    return leases.values().stream().mapToInt(count -> count - 1).max().orElse(0);
  }

  /** Counts from here on. */
  synchronized void forgetLeases() {
    leases.clear();
  }
}
