package io.sotto.it.chaos;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** What the nodes of a house believe of their cluster, as their metrics tell it. */
final class Membership implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(2);
  private static final long LOOK_EVERY_MS = 200;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(1))
          .build();
  private final House house;

  Membership(House house) {
    this.house = house;
  }

  /**
   * How long it took from {@code sinceNanos} on.
   *
   * @param membersMs until every node counted all of them; NaN: never
   * @param trueMs until every node had then found the list of listeners true; NaN: never
   * @param found rows that were not, all nodes' together, as last seen
   */
  record Healed(double membersMs, double trueMs, int found) {
    String words() {
      return Double.isNaN(membersMs)
          ? "not in time"
          : Percentile.seconds(membersMs) + ", subscriptions " + truth();
    }

    private String truth() {
      return Double.isNaN(trueMs) ? found + " untrue" : "true after " + Percentile.seconds(trueMs);
    }
  }

  /** What one node says. */
  private record View(int members, int untrue, int looks) {}

  /**
   * Waits until all nodes that live see each other and have looked at their subscriptions since, or
   * until {@code patienceMs} after {@code sinceNanos}.
   */
  Healed healed(long sinceNanos, long patienceMs) throws InterruptedException {
    List<View> complete = List.of();
    double membersMs = Double.NaN;
    int found = 0;
    for (double ms = ms(sinceNanos); ms < patienceMs; ms = ms(sinceNanos)) {
      List<View> views = views();
      int alive = (int) house.members().stream().filter(Member::alive).count();
      found = views.stream().mapToInt(View::untrue).sum();
      if (views.size() < alive || views.stream().anyMatch(view -> view.members() != alive)) {
        complete = List.of();
        membersMs = Double.NaN;
      } else if (complete.isEmpty()) {
        complete = views;
        membersMs = ms;
      } else if (found == 0 && lookedSince(complete, views)) {
        return new Healed(membersMs, ms, 0);
      }
      Pause.ms(LOOK_EVERY_MS);
    }
    return new Healed(membersMs, Double.NaN, found);
  }

  private static double ms(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e6;
  }

  private static boolean lookedSince(List<View> before, List<View> now) {
    for (int i = 0; i < now.size(); i++) {
      if (now.get(i).looks() <= before.get(i).looks()) {
        return false;
      }
    }
    return now.size() == before.size();
  }

  /** Of every node that lives and answers. */
  private List<View> views() throws InterruptedException {
    List<View> views = new ArrayList<>();
    for (Member member : house.members()) {
      if (member.alive() && member.management().isPresent()) {
        String metrics = get(member.management().get());
        OptionalDouble members = value(metrics, "sotto_cluster_members");
        OptionalDouble untrue = value(metrics, "sotto_bus_untrue_subscriptions");
        OptionalDouble looks = value(metrics, "sotto_bus_looks_total");
        if (members.isPresent() && untrue.isPresent() && looks.isPresent()) {
          views.add(
              new View(
                  (int) members.getAsDouble(),
                  (int) untrue.getAsDouble(),
                  (int) looks.getAsDouble()));
        }
      }
    }
    return views;
  }

  private String get(String management) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(management + "/metrics")).timeout(ANSWER).build();
    try {
      return http.send(request, BodyHandlers.ofString()).body();
    } catch (IOException noAnswer) {
      return "";
    }
  }

  private static OptionalDouble value(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst();
  }

  @Override
  public void close() {
    http.close();
  }
}
