package io.sotto.it.chaos;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long chunks wait, out of the nodes' own lines: from when their job's first chunk was recorded
 * until the engine begins with it, fetched and queued on its worker.
 */
final class WaitWatch implements Consumer<String> {
  private static final Pattern RECORDED =
      Pattern.compile("chunks recorded state=\\S+ job=(\\S+) .* chunks=[1-9]");
  private static final Pattern TRANSCRIBED =
      Pattern.compile("chunk transcribed job=(\\S+) .* decode_ms=(\\S+)");
  private static final double NANOS_PER_MS = 1e6;

  private final Map<String, Long> recorded = new HashMap<>();
  private final Map<String, Double> waitMs = new HashMap<>();

  @Override
  public void accept(String line) {
    accept(line, System.nanoTime());
  }

  synchronized void accept(String line, long nanos) {
    Matcher ready = RECORDED.matcher(line);
    Matcher over = TRANSCRIBED.matcher(line);
    if (ready.find()) {
      recorded.putIfAbsent(ready.group(1), nanos);
    } else if (over.find() && recorded.containsKey(over.group(1))) {
      double sinceMs = (nanos - recorded.get(over.group(1))) / NANOS_PER_MS;
      waitMs.putIfAbsent(over.group(1), Math.max(0, sinceMs - Double.parseDouble(over.group(2))));
    }
  }

  /** Of those of {@code jobs} that have one chunk and were transcribed, smallest first. */
  synchronized List<Double> ms(Set<String> jobs) {
    return jobs.stream().filter(waitMs::containsKey).map(waitMs::get).sorted().toList();
  }
}
