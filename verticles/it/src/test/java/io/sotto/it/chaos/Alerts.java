package io.sotto.it.chaos;

import io.sotto.it.MonitoringFiles;
import io.sotto.it.Programs;
import io.sotto.it.Recordings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The alerts that ship, judged by a real Prometheus that reads a real cluster, in a tenth of their
 * time ({@link ShortRules}): a worker is killed, the queue is filled, the database is stopped. In
 * each exactly the alerts that name it must fire, and go again when it is over. In the end every
 * query of the dashboards must have had data.
 */
final class Alerts implements Study {
  private static final long LATENCY_MS = 1_500;
  private static final int ASKERS = 4;
  private static final int CHUNKS = 4;
  private static final int FLOOD_CHUNKS = 60;
  private static final int JOBS_MAX = 12;
  private static final long PATIENCE_MS = 180_000;
  private static final long QUIET_MS = 15_000;
  private static final long LOOK_MS = 250;
  private static final String BUSY = "sotto_worker_slots_busy{instance=\"%s\"} > 0";

  private final List<String> findings = new ArrayList<>();
  private final List<Outcome.Figure> figures = new ArrayList<>();

  @Override
  public String name() {
    return "alerts";
  }

  @Override
  public Path page() {
    return Recordings.HOME.resolve("docs/operations/monitoring.md");
  }

  @Override
  public Optional<String> obstacle() {
    return Prometheus.program().isPresent() ? Optional.empty() : Optional.of(Prometheus.MISSING);
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    ShortRules.write(folder.resolve("alerts.yml"));
    List<String> targets = new ArrayList<>();
    List<House.Place> places = new ArrayList<>();
    for (String name : List.of("front-1", "front-2", "worker-1", "worker-2")) {
      places.add(place(name, targets));
    }
    long begun = now();
    try (House house = House.open(folder, places, LATENCY_MS, line -> {});
        Prometheus prometheus = Prometheus.start(folder, targets, "alerts.yml")) {
      Stage stage = new Stage(house, prometheus, targets, out);
      stage.quiet();
      killedWorker(stage);
      fullQueue(stage);
      stoppedDatabase(stage);
      dashboards(prometheus, begun);
      return new Seen(figures, findings);
    }
  }

  private static House.Place place(String name, List<String> targets) throws Exception {
    int port = Programs.freePort();
    targets.add("127.0.0.1:" + port);
    Map<String, String> own = new HashMap<>();
    own.put("SOTTO_HTTP_MANAGEMENT_PORT", Integer.toString(port));
    own.put("SOTTO_HTTP_TENANT_JOBS_MAX", Integer.toString(JOBS_MAX));
    boolean worker = name.startsWith("worker");
    return new House.Place(name, worker ? "worker" : "http,ingest,scheduler", own);
  }

  private void killedWorker(Stage stage) throws Exception {
    Member worker = stage.house.workers().getFirst();
    try (Askers askers = new Askers(stage.house::urls)) {
      askers.oneAfterTheOther(ASKERS, CHUNKS);
      stage.until("the worker has work", () -> stage.busy(2));
      stage.act(
          "a worker is killed",
          Set.of("SottoNodeDown", "SottoWorkerLost"),
          worker::kill,
          () -> {
            worker.start();
            worker.ready();
          });
      askers.stop();
    }
  }

  private void fullQueue(Stage stage) throws Exception {
    try (Askers flood = new Askers(stage.house::urls)) {
      stage.act(
          "the queue is full",
          Set.of("SottoQueueFull", "SottoQueueLong", "SottoQueueOld"),
          () -> flood.oneUponTheOther(FLOOD_CHUNKS),
          () -> {
            flood.stop();
            flood.cancelAll();
          });
    }
  }

  private void stoppedDatabase(Stage stage) throws Exception {
    try (Askers askers = new Askers(stage.house::urls)) {
      askers.oneAfterTheOther(ASKERS, CHUNKS);
      stage.until("the worker has work", () -> stage.busy(2));
      stage.act(
          "PostgreSQL is stopped",
          Set.of("SottoDatabaseDown", "SottoNoScheduler", "SottoErrorRate", "SottoQueueFull"),
          () -> {
            stage.house.database().quit();
            askers.oneUponTheOther(CHUNKS); // the others look at jobs that do not end
          },
          () -> {
            askers.stop();
            stage.house.database().comeBack();
          });
    }
  }

  private void dashboards(Prometheus prometheus, long begun) throws Exception {
    int asked = 0;
    int answered = 0;
    for (Path dashboard : MonitoringFiles.dashboards()) {
      for (String query : MonitoringFiles.queries(dashboard)) {
        asked++;
        String expression = query.replace("$__rate_interval", "4s");
        if (prometheus.hasData(expression, begun, now())) {
          answered++;
        } else {
          findings.add(dashboard.getFileName() + " has no data for " + query);
        }
      }
    }
    figures.add(
        new Outcome.Figure(
            "queries of the dashboards that had data", answered + " of " + asked, "all"));
  }

  private static long now() {
    return System.currentTimeMillis() / 1000;
  }

  /** A step that may fail. */
  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  @FunctionalInterface
  private interface Look {
    boolean now() throws Exception;
  }

  /** The cluster, and who watches it. */
  private final class Stage {
    private final House house;
    private final Prometheus prometheus;
    private final List<String> targets;
    private final Consumer<String> out;

    Stage(House house, Prometheus prometheus, List<String> targets, Consumer<String> out) {
      this.house = house;
      this.prometheus = prometheus;
      this.targets = targets;
      this.out = out;
    }

    private void until(String what, Look look) throws Exception {
      long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
      while (!look.now()) {
        if (System.nanoTime() > end) {
          findings.add("not within " + PATIENCE_MS / 1000 + " s: " + what);
          return;
        }
        Pause.ms(LOOK_MS);
      }
    }

    boolean busy(int target) throws Exception {
      return prometheus.hasData(BUSY.formatted(targets.get(target)), now() - 1, now());
    }

    /** Every node is read, and nothing fires for a while. */
    void quiet() throws Exception {
      until("all nodes are read", () -> prometheus.up() == targets.size());
      Set<String> seen = watch(QUIET_MS);
      if (!seen.isEmpty()) {
        findings.add("fires while nothing is wrong: " + seen);
      }
      out.accept("nothing fires while nothing is wrong");
    }

    private Set<String> watch(long forMs) throws Exception {
      Set<String> seen = new TreeSet<>();
      long end = System.nanoTime() + forMs * 1_000_000;
      while (System.nanoTime() < end) {
        seen.addAll(prometheus.firing());
        Pause.ms(LOOK_MS);
      }
      return seen;
    }

    /** From {@code wrong} until the alerts fire, and from {@code right} until none does. */
    void act(String what, Set<String> expected, Step wrong, Step right) throws Exception {
      out.accept(what);
      long begun = System.nanoTime();
      wrong.run();
      Map<String, Double> fired = new TreeMap<>();
      until(what + ": " + expected, () -> noted(fired, begun).keySet().containsAll(expected));
      long firedBy = System.nanoTime();
      right.run();
      until("what fired goes again: " + what, () -> noted(fired, begun) != null && over());
      for (String alert : new TreeSet<>(expected)) {
        String seconds = fired.containsKey(alert) ? seconds(fired.get(alert)) : "never";
        figures.add(new Outcome.Figure(what + " → " + alert, seconds, "fires"));
      }
      figures.add(
          new Outcome.Figure(
              "… put right → no alert fires",
              seconds((System.nanoTime() - firedBy) / 1e9),
              "all go"));
      Set<String> others = new TreeSet<>(fired.keySet());
      others.removeAll(expected);
      if (!others.isEmpty()) {
        findings.add(what + ", and these fire as well: " + others);
      }
      out.accept(what + ": " + fired);
    }

    private Map<String, Double> noted(Map<String, Double> fired, long begun) throws Exception {
      for (String alert : prometheus.firing()) {
        fired.putIfAbsent(alert, (System.nanoTime() - begun) / 1e9);
      }
      return fired;
    }

    private boolean over() throws Exception {
      return prometheus.firing().isEmpty();
    }

    private static String seconds(double seconds) {
      return String.format(java.util.Locale.ROOT, "%.0f s", seconds);
    }
  }
}
