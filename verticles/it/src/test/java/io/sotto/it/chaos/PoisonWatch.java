package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads from the lines of all nodes who died of what, and which chunks were worked on alone. */
final class PoisonWatch implements Consumer<String> {
  private static final Pattern DIED = Pattern.compile(FakeTranscriber.POISONED + "(\\d+)");
  private static final Pattern ALONE =
      Pattern.compile("chunk taken alone job=(\\S+) chunk=(\\d+) ");
  private static final Pattern DONE =
      Pattern.compile("chunk done state=\\S+ job=(\\S+) chunk=(\\d+) ");

  /** When a worker died of each recording, by its number. */
  private final Map<Integer, List<Long>> deaths = new HashMap<>();

  private final Set<String> alone = new HashSet<>();
  private final Set<String> passed = new HashSet<>();

  @Override
  public synchronized void accept(String line) {
    Matcher died = DIED.matcher(line);
    Matcher taken = ALONE.matcher(line);
    Matcher done = DONE.matcher(line);
    if (died.find()) {
      int number = Integer.parseInt(died.group(1));
      deaths.computeIfAbsent(number, first -> new ArrayList<>()).add(System.nanoTime());
    } else if (taken.find()) {
      alone.add(taken.group(1) + "/" + taken.group(2));
    } else if (done.find() && alone.contains(done.group(1) + "/" + done.group(2))) {
      passed.add(done.group(1) + "/" + done.group(2));
    }
  }

  /** How many workers died of any poison. */
  synchronized int killed() {
    return deaths.values().stream().mapToInt(List::size).sum();
  }

  /** How many died of the one recording that killed most. */
  synchronized int killedMost() {
    return deaths.values().stream().mapToInt(List::size).max().orElse(0);
  }

  /** How long after its first, or else its last, death each client was told. */
  synchronized List<Double> toldAfterMs(List<Recorder.Asked> asked, boolean first) {
    List<Double> waits = new ArrayList<>();
    for (Recorder.Asked one : asked) {
      List<Long> of = deaths.getOrDefault(one.sound().number(), List.of());
      if (one.ended() && !of.isEmpty()) {
        waits.add((one.endedNanos() - (first ? of.getFirst() : of.getLast())) / 1e6);
      }
    }
    waits.sort(null);
    return waits;
  }

  synchronized int alone() {
    return alone.size();
  }

  /** How many of those worked on alone are done, and so were not to blame. */
  synchronized int passed() {
    return passed.size();
  }
}
