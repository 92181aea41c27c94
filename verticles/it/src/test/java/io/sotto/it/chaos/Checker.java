package io.sotto.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.storage.Fsck;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Compares what clients were told with what the database holds and with what the fake engine must
 * have said: every acknowledged job ended, once, with exactly its text.
 */
final class Checker {
  /** All of them, and texts however old; leases may be as late as beside a working cluster. */
  private static final Fsck.Bounds FSCK =
      new Fsck.Bounds(
          10_000, Duration.ofMinutes(2), Fsck.Bounds.USUAL.grace(), Duration.ofDays(3650));

  private static final String POISON = "with it alone";

  private final Map<Integer, String> expected = new HashMap<>();
  private final Set<Integer> doomed = ConcurrentHashMap.newKeySet();

  /**
   * {@code lost}: acknowledged, and not completed. {@code duplicated}: there twice, or with text
   * twice. {@code stale}: completed with a text that is not its sound's, or by an attempt that was
   * no longer current. {@code fsck}: what {@code sotto fsck} finds. {@code findings}: all of these
   * and what surprised the clients, in words.
   */
  record Verdict(int acked, int lost, int duplicated, int stale, int fsck, List<String> findings) {
    /** The last line of every table: {@code of} says what it counts over. */
    Outcome.Figure figure(String of) {
      return new Outcome.Figure(
          of + ": lost, duplicated, stale, invariants broken",
          "%d, %d, %d, %d".formatted(lost, duplicated, stale, fsck),
          "0, 0, 0, 0");
    }

    boolean clean() {
      return findings.isEmpty();
    }
  }

  /**
   * Learns the text of {@code one}, which ran before any fault; what its chunks say must be what
   * their sound makes.
   */
  void learn(Recorder.Asked one, JsonNode chunks) {
    StringBuilder text = new StringBuilder();
    for (JsonNode chunk : chunks) {
      String made = one.sound().text(ms(chunk, "start"), ms(chunk, "end"));
      if (!made.equals(chunk.path("text").asText())) {
        throw new AssertionError("a chunk is not what its sound makes: " + made + " " + chunk);
      }
      text.append(made);
    }
    if (text.isEmpty() || !text.toString().strip().equals(one.text())) {
      throw new AssertionError("a text is not its chunks': " + one.text() + ", " + text);
    }
    expected.put(one.sound().number(), one.text());
  }

  /** {@code sound} kills whoever transcribes it: its jobs must fail, and say so. */
  void doomed(Sound sound) {
    doomed.add(sound.number());
  }

  private static long ms(JsonNode chunk, String edge) {
    return Math.round(chunk.path(edge).asDouble() * 1000);
  }

  Verdict judge(Recorder recorder, Database database) throws Exception {
    List<String> lost = new ArrayList<>();
    List<String> duplicated = extra(recorder, database);
    List<String> stale = new ArrayList<>();
    int acked = 0;
    for (Recorder.Asked one : recorder.all()) {
      if (one.acked()) {
        acked++;
        judge(one, lost, duplicated, stale);
      }
    }
    List<String> fsck = fsck(database);
    fsck.stream().filter(violation -> violation.startsWith("I4")).forEach(stale::add);
    List<String> findings = new ArrayList<>(recorder.surprises());
    List.of(lost, duplicated, stale, fsck).forEach(findings::addAll);
    return new Verdict(
        acked, lost.size(), duplicated.size(), stale.size(), fsck.size(), List.copyOf(findings));
  }

  /** What operators are told by {@code sotto fsck}, a violation a line. */
  static List<String> fsck(Database database) {
    return Fsck.check(database.options(), FSCK).violations().stream().map(Checker::line).toList();
  }

  private static String line(Fsck.Violation found) {
    return "%s job %s chunk %s: %s"
        .formatted(found.invariant(), found.job(), found.seq(), found.what());
  }

  private void judge(
      Recorder.Asked one, List<String> lost, List<String> duplicated, List<String> stale) {
    String must = expected.getOrDefault(one.sound().number(), "");
    if (doomed.contains(one.sound().number())) {
      if (!one.state().equals("failed") || !one.text().contains(POISON)) {
        lost.add("poisoned: id " + one.id() + " is '" + one.state() + "': " + one.text());
      }
    } else if (!one.state().equals("completed")) {
      lost.add("lost: id " + one.id() + " is '" + one.state() + "' in the end: " + one.text());
    } else if (!one.text().equals(must)) {
      boolean longer = one.text().length() > must.length();
      (longer ? duplicated : stale)
          .add("wrong text: id " + one.id() + " says " + one.text() + " instead of " + must);
    }
  }

  /**
   * Jobs in the database that nobody asked for, or that were asked for once and are there twice.
   * One without a key is known by the id that its client was told.
   */
  private static List<String> extra(Recorder recorder, Database database) throws Exception {
    Set<String> known = new HashSet<>();
    for (Recorder.Asked one : recorder.all()) {
      known.add(one.key());
      known.add(one.id());
    }
    List<String> extra = new ArrayList<>();
    for (Row row : database.ask("select id::text as id, idempotency_key as key from job")) {
      String key = row.getString("key");
      if (!known.remove(key == null ? row.getString("id") : key)) {
        extra.add("duplicated: job " + row.getString("id") + " of key " + key);
      }
    }
    return extra;
  }
}
