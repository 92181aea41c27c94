package io.sotto.it.chaos;

import java.util.List;
import java.util.Map;

/** Four nodes with every role, slow enough that engines and not this machine's cores are busy. */
final class AllInOne {
  static final List<String> NAMES = List.of("front-1", "front-2", "front-3", "front-4");
  static final Map<String, String> SETTINGS =
      Map.of("SOTTO_NODE_ROLES", "http,ingest,scheduler,worker");
  static final House.Size SIZE = new House.Size(NAMES.size(), 0, 3_000);

  /** More than all engines have rows for, so that there is always work waiting. */
  static final int CLIENTS = 16;

  /** The oldest member with the second, and with the last. */
  static final List<Halves> HALVES =
      List.of(new Halves(NAMES.subList(0, 2), NAMES.subList(2, 4)), crossed());

  private AllInOne() {}

  /** Which node stays with which. */
  record Halves(List<String> some, List<String> others) {
    @Override
    public String toString() {
      return numbers(some) + "|" + numbers(others);
    }

    private static String numbers(List<String> names) {
      return String.join(" ", names).replace("front-", "");
    }
  }

  private static Halves crossed() {
    return new Halves(List.of("front-1", "front-4"), List.of("front-2", "front-3"));
  }

  /** Chunks a second that these have transcribed. */
  static double rate(Scene scene, List<String> names, long from, long to) throws Exception {
    double sum = 0;
    for (Member member : scene.house().fronts()) {
      if (names.contains(member.name())) {
        sum += scene.tally().rate(member.ready(), from, to);
      }
    }
    return sum;
  }
}
