package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads in the log of all nodes what workers finished: how much of it for the second time, how much
 * of it too late, and who how fast.
 */
final class WorkWatch implements Consumer<String> {
  private static final String SUBJECT = "job=(\\S+) chunk=(\\d+) node=(\\S+) attempt=(\\d+)";
  private static final Pattern LEASED = Pattern.compile("chunk leased " + SUBJECT);
  private static final Pattern FINISHED = Pattern.compile("chunk transcribed " + SUBJECT);

  private final Map<String, Integer> newest = new HashMap<>();
  private final Map<String, Set<Integer>> attempts = new HashMap<>();
  private final List<Finish> finishes = new ArrayList<>();
  private int late;

  /** A worker has the text of a chunk. */
  private record Finish(String node, long nanos) {}

  @Override
  public synchronized void accept(String line) {
    Matcher leased = LEASED.matcher(line);
    Matcher finished = FINISHED.matcher(line);
    if (leased.find()) {
      newest.merge(chunk(leased), attempt(leased), Math::max);
    } else if (finished.find()) {
      attempts.computeIfAbsent(chunk(finished), first -> new HashSet<>()).add(attempt(finished));
      finishes.add(new Finish(finished.group(3), System.nanoTime()));
      if (attempt(finished) < newest.getOrDefault(chunk(finished), 0)) {
        late++;
      }
    }
  }

  private static String chunk(Matcher line) {
    return line.group(1) + "/" + line.group(2);
  }

  private static int attempt(Matcher line) {
    return Integer.parseInt(line.group(4));
  }

  /** Chunks whose text some worker had. */
  synchronized int finished() {
    return attempts.size();
  }

  /** Those of them whose text was made more than once. */
  synchronized int recomputed() {
    return (int) attempts.values().stream().filter(made -> made.size() > 1).count();
  }

  /** Texts that were ready when a later attempt at their chunk had been given out. */
  synchronized int late() {
    return late;
  }

  /** Texts a second that the nodes made which {@code count}, between two moments. */
  synchronized double rate(Predicate<String> count, long fromNanos, long toNanos) {
    long made =
        finishes.stream()
            .filter(one -> one.nanos - fromNanos >= 0 && one.nanos - toNanos < 0)
            .filter(one -> count.test(one.node))
            .count();
    return made / ((toNanos - fromNanos) / 1e9);
  }
}
