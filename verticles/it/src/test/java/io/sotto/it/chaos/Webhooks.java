package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a receiver was told of jobs that ended: of each, and under one id however often.
 *
 * @param jobs that ended
 * @param deliveries of all of them together
 */
record Webhooks(int jobs, int deliveries, List<String> findings) {
  private static final long LOOK_EVERY_MS = 200;

  /** Waits {@code ms} at most for what is still on its way. */
  static Webhooks of(Recorder recorder, Receiver receiver, long ms) {
    List<Recorder.Asked> ended = recorder.all().stream().filter(Recorder.Asked::ended).toList();
    long end = System.nanoTime() + ms * 1_000_000;
    while (System.nanoTime() < end
        && ended.stream().anyMatch(one -> receiver.ids(one.id()).isEmpty())) {
      Pause.ms(LOOK_EVERY_MS);
    }
    int deliveries = 0;
    List<String> findings = new ArrayList<>();
    for (Recorder.Asked one : ended) {
      List<String> ids = receiver.ids(one.id());
      deliveries += ids.size();
      if (Set.copyOf(ids).size() != 1) {
        findings.add("webhooks of id " + one.id() + " have the ids " + Set.copyOf(ids));
      }
    }
    return new Webhooks(ended.size(), deliveries, List.copyOf(findings));
  }

  Outcome.Figure figure() {
    return new Outcome.Figure(
        "webhooks: jobs without one, or with two ids; deliveries for jobs",
        "%d; %d for %d".formatted(findings.size(), deliveries, jobs),
        "0");
  }
}
