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

/**
 * Reads the log of all nodes as it is written, and measures from it how long the chunks of a worker
 * that was killed or frozen waited until they ran elsewhere, and when its loss was noticed.
 */
final class LeaseWatch implements Consumer<String> {
  private static final String SUBJECT = "job=(\\S+) chunk=(\\d+) node=(\\S+) attempt=(\\d+)";
  private static final Pattern LEASED = Pattern.compile("chunk leased " + SUBJECT);
  private static final Pattern TRANSCRIBED = Pattern.compile("chunk transcribed " + SUBJECT);
  private static final Pattern DONE = Pattern.compile("chunk done state=\\S+ " + SUBJECT);
  private static final Pattern FENCED = Pattern.compile("report fenced " + SUBJECT);
  private static final Pattern LOST =
      Pattern.compile("nodes lost, work given back: node=\\[(.*?)]");

  /** Where each chunk runs. */
  private final Map<String, String> running = new HashMap<>();

  private final List<Outage> outages = new ArrayList<>();
  private int done;
  private int fenced;

  /** A worker that was taken away, and what it had in hand or was sent before that was noticed. */
  static final class Outage {
    private final String node;
    private final long since = System.nanoTime();
    private final Set<String> held;
    private final Map<String, Long> waiting = new HashMap<>();
    private final List<Double> elsewhereMs = new ArrayList<>();
    private double noticedMs = -1;
    private int begunAgain;
    private int redone;
    private boolean over;

    private Outage(String node, Set<String> held) {
      this.node = node;
      this.held = held;
      held.forEach(chunk -> waiting.put(chunk, since));
    }

    private static double ms(long since) {
      return (System.nanoTime() - since) / 1e6;
    }

    private void leased(String chunk, String by) {
      if (!by.equals(node)) {
        Long from = waiting.remove(chunk);
        if (from != null) {
          elsewhereMs.add(ms(from));
          begunAgain += held.contains(chunk) ? 1 : 0;
        }
      } else if (!over) {
        waiting.putIfAbsent(chunk, System.nanoTime());
      }
    }

    private void done(String chunk, String by) {
      waiting.remove(chunk);
      if (!by.equals(node) && held.contains(chunk)) {
        redone++;
      }
    }
  }

  /** Call it right before {@code node} is taken away. */
  synchronized Outage gone(String node) {
    Set<String> held = new HashSet<>();
    running.forEach(
        (chunk, by) -> {
          if (by.equals(node)) {
            held.add(chunk);
          }
        });
    Outage outage = new Outage(node, held);
    outages.add(outage);
    return outage;
  }

  /** The node is there again: what it is sent from now on it works on. */
  synchronized void back(Outage outage) {
    outage.over = true;
  }

  /** How many chunks {@code node} has in hand. */
  synchronized int holds(String node) {
    return (int) running.values().stream().filter(node::equals).count();
  }

  @Override
  public synchronized void accept(String line) {
    Matcher leased = LEASED.matcher(line);
    Matcher over = TRANSCRIBED.matcher(line);
    Matcher committed = DONE.matcher(line);
    Matcher lost = LOST.matcher(line);
    if (leased.find()) {
      running.put(chunk(leased), leased.group(3));
      outages.forEach(outage -> outage.leased(chunk(leased), leased.group(3)));
    } else if (over.find()) {
      running.remove(chunk(over), over.group(3));
    } else if (committed.find()) {
      done++;
      outages.forEach(outage -> outage.done(chunk(committed), committed.group(3)));
    } else if (lost.find()) {
      noticed(lost.group(1));
    } else if (FENCED.matcher(line).find()) {
      fenced++;
    }
  }

  private static String chunk(Matcher line) {
    return line.group(1) + "/" + line.group(2);
  }

  private void noticed(String nodes) {
    for (Outage outage : outages) {
      if (outage.noticedMs < 0 && nodes.contains(outage.node)) {
        outage.noticedMs = Outage.ms(outage.since);
      }
    }
  }

  /** Waits of every chunk that ran elsewhere, of these outages. */
  synchronized List<Double> elsewhereMs(List<Outage> of) {
    return of.stream().flatMap(outage -> outage.elsewhereMs.stream()).sorted().toList();
  }

  /** How long each of these outages went unnoticed; those that ended before are left out. */
  synchronized List<Double> noticedMs(List<Outage> of) {
    return of.stream().map(outage -> outage.noticedMs).filter(ms -> ms >= 0).sorted().toList();
  }

  /** The most chunks in hand when one of these outages began that others had to begin again. */
  synchronized int begunAgainMost(List<Outage> of) {
    return of.stream().mapToInt(outage -> outage.begunAgain).max().orElse(0);
  }

  /** How many of the chunks that were in hand when it began are done by others. */
  synchronized int redone(Outage outage) {
    return outage.redone;
  }

  /** Chunks whose text was accepted. */
  synchronized int done() {
    return done;
  }

  /** Reports that came too late and were refused. */
  synchronized int fenced() {
    return fenced;
  }
}
