package io.sotto.it.chaos;

import io.sotto.http.ApiKey;
import io.sotto.it.chaos.Outcome.Figure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Ten times as much as the house can do, from three tenants who do not wait for each other: what it
 * refuses and how, what it still does, and how soon a newcomer notices nothing any more.
 */
record Overload() implements Study {
  private static final int OVERLOAD_S = Integer.getInteger("sotto.chaos.overload-s", 600);
  private static final int CAPACITY_S = Integer.getInteger("sotto.chaos.overload.capacity-s", 120);
  private static final double TIMES = 10;
  private static final int SERVICE_MS = 2_000;
  private static final House.Size SIZE = new House.Size(2, 2, SERVICE_MS);

  /** Together less than each tenant's, so that both are met. */
  private static final Map<String, String> LIMITS =
      Map.of("SOTTO_HTTP_TENANT_JOBS_MAX", "16", "SOTTO_HTTP_JOBS_MAX", "40");

  private static final List<String> TENANTS = List.of("one", "two", "three");
  private static final int CLIENTS_EACH = 10;

  /** Of twenty recordings, so many are clips of one chunk; the others are longer. */
  private static final int CLIPS = 17;

  private static final int LONG = 3;
  private static final int LONG_CHUNKS = 12;
  private static final double CHUNKS_EACH = (CLIPS + LONG * LONG_CHUNKS) / (double) (CLIPS + LONG);

  private static final Sound PROBE = Sound.of(0, 1);
  private static final int PROBES = 10;
  private static final long PROBE_EVERY_MS = 1_000;
  private static final double PROBED_AFTER_S = 30;
  private static final double FILL_S = 10;
  private static final long SETTLE_MS = 240_000;
  private static final double GROWTH_MAX = 1.25;

  @Override
  public String name() {
    return "overload";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    List<ApiKey> keys = TENANTS.stream().map(name -> ApiKey.create()).toList();
    Path file = folder.resolve("keys");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      lines.add(keys.get(i).line(i + 1, TENANTS.get(i)));
    }
    Files.write(file, lines);
    Map<String, String> more = new HashMap<>(LIMITS);
    more.put("SOTTO_HTTP_KEYS_FILE", file.toString());
    Throughput done = new Throughput();
    try (Recorder recorder = Recorder.open(folder.resolve("facts.txt"));
        House house = House.open(folder, SIZE, more, done);
        Run run = new Run(house, recorder, done, keys.stream().map(ApiKey::text).toList(), out)) {
      return run.all();
    }
  }

  /** Clips and longer recordings, as often as they come. */
  private static List<Sound> mix() {
    List<Sound> mix = new ArrayList<>();
    for (int number = 0; number < CLIPS + LONG; number++) {
      mix.add(Sound.of(number, number < CLIPS ? 1 : LONG_CHUNKS));
    }
    return List.copyOf(mix);
  }

  private static final class Run implements AutoCloseable {
    private final House house;
    private final Recorder recorder;
    private final Throughput done;
    private final List<String> keys;
    private final Consumer<String> out;
    private final List<Client> clients = new ArrayList<>();
    private final Checker checker = new Checker();
    private final List<Sound> mix = mix();

    Run(House house, Recorder recorder, Throughput done, List<String> keys, Consumer<String> out) {
      this.house = house;
      this.recorder = recorder;
      this.done = done;
      this.keys = keys;
      this.out = out;
      keys.forEach(key -> clients.add(new Client(house::urls, recorder, key)));
    }

    Seen all() throws Exception {
      learn();
      List<Double> usual = usual();
      double capacity = capacity();
      tell("capacity: %.2f chunks a second".formatted(capacity));
      try (MemoryWatch memory = new MemoryWatch(house.members());
          Arrivals arrivals = new Arrivals(house::urls, keys, recorder, mix)) {
        long begun = System.nanoTime();
        arrivals.come(TIMES * capacity / CHUNKS_EACH, OVERLOAD_S, 1);
        Throughput.Span span = new Throughput.Span(begun, System.nanoTime());
        double goodput = done.perSecond(List.of(span));
        tell("goodput: %.2f chunks a second; the load stops".formatted(goodput));
        double limitMs = Percentile.of(usual, 95) + SERVICE_MS;
        double recoveredS = recovered(limitMs);
        long emptyMs = arrivals.gone(SETTLE_MS);
        Arrivals.Told told = arrivals.told();
        tell("told: " + told.refusals() + ", errors " + told.errors().size());
        Checker.Verdict verdict = verdict();
        List<Figure> figures = new ArrayList<>(answers(told, span));
        figures.add(goodput(capacity, goodput));
        figures.add(recovery(usual, recoveredS, emptyMs));
        memory.peaks().forEach((name, peak) -> figures.add(memory(name, peak)));
        figures.add(Scene.violations(verdict));
        return new Seen(figures, findings(verdict, told));
      }
    }

    private void learn() throws InterruptedException {
      Load load = new Load(clients.getFirst(), recorder, mix);
      for (Sound sound : mix) {
        Recorder.Asked one = load.one(sound);
        checker.learn(one, clients.getFirst().chunks(one));
      }
      tell("the house stands, texts are learnt");
    }

    /** How long a clip takes, from its upload to its end, where nobody else wants anything. */
    private List<Double> usual() throws InterruptedException {
      Map<Long, Double> took = new ConcurrentSkipListMap<>();
      long end = System.nanoTime() + PROBES * PROBE_EVERY_MS * 1_000_000;
      probe(end, took);
      return took.values().stream().sorted().toList();
    }

    /** A clip every so often until {@code end}; when each was sent, and how long it took. */
    private void probe(long end, Map<Long, Double> took) throws InterruptedException {
      List<Thread> sent = new ArrayList<>();
      for (int i = 0; System.nanoTime() < end; i++) {
        Client client = clients.get(i % clients.size());
        Load load = new Load(client, recorder, List.of(PROBE));
        sent.add(Thread.ofVirtual().start(() -> clip(load, took)));
        Pause.ms(PROBE_EVERY_MS);
      }
      for (Thread one : sent) {
        one.join();
      }
    }

    private static void clip(Load load, Map<Long, Double> took) {
      try {
        long begun = System.nanoTime();
        load.one(PROBE);
        took.put(begun, (System.nanoTime() - begun) / 1e6);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Chunks a second, with enough clients that each waits for its own before it asks again. */
    private double capacity() throws InterruptedException {
      List<Load> loads = new ArrayList<>();
      for (Client client : clients) {
        Load load = new Load(client, recorder, mix);
        load.start(CLIENTS_EACH, loads.size() + 1);
        loads.add(load);
      }
      Pause.ms((long) (FILL_S * 1000));
      long begun = System.nanoTime();
      Pause.ms(CAPACITY_S * 1000L);
      double capacity = done.perSecond(List.of(new Throughput.Span(begun, System.nanoTime())));
      for (Load load : loads) {
        load.stop(SETTLE_MS);
      }
      return capacity;
    }

    /** Seconds from now until every clip that is sent takes no longer than that; NaN: never. */
    private double recovered(double limitMs) throws InterruptedException {
      long stopped = System.nanoTime();
      ConcurrentSkipListMap<Long, Double> took = new ConcurrentSkipListMap<>();
      probe(stopped + (long) (PROBED_AFTER_S * 1e9), took);
      double since = Double.NaN;
      for (Map.Entry<Long, Double> clip : took.descendingMap().entrySet()) {
        if (clip.getValue() > limitMs) {
          break;
        }
        since = (clip.getKey() - stopped) / 1e9;
      }
      return since;
    }

    private Checker.Verdict verdict() throws Exception {
      house.members().stream()
          .filter(member -> !member.alive())
          .forEach(member -> recorder.surprise(member.name() + " ended by itself"));
      return checker.judge(recorder, house.database());
    }

    private void tell(String what) {
      recorder.fault(what);
      out.accept(what);
    }

    @Override
    public void close() {
      clients.forEach(Client::close);
    }
  }

  private static List<Figure> answers(Arrivals.Told told, Throughput.Span span) {
    String refused =
        told.refusals().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(each -> "%,d × %d".formatted(each.getValue(), each.getKey()))
            .collect(Collectors.joining(", "));
    return List.of(
        new Figure(
            "arrivals in %.0f s; let in; refused with Retry-After".formatted(span.seconds()),
            "%,d; %,d; %s".formatted(told.offered(), told.taken(), refused),
            "only 429 and 503"),
        new Figure("any other answer", Integer.toString(told.errors().size()), "0"),
        new Figure("a refusal takes", Percentile.words(told.refusedMs()), "-"));
  }

  private static Figure goodput(double capacity, double goodput) {
    return new Figure(
        "chunks a second: what the house can do → under %.0f times as much".formatted(TIMES),
        String.format(
            Locale.ROOT, "%.2f → %.2f, %s", capacity, goodput, Throughput.part(goodput, capacity)),
        "≥ 95 %");
  }

  private static Figure recovery(List<Double> usual, double recoveredS, long emptyMs) {
    return new Figure(
        "the load stops → a clip takes no more than a service time longer than before (%s); all"
                .formatted(Percentile.words(usual))
            + " that was let in has ended",
        String.format(
            Locale.ROOT,
            "%.1f s; %.1f s",
            recoveredS,
            Math.max(0, emptyMs / 1000.0 + PROBED_AFTER_S)),
        "≤ 10 s; -");
  }

  private static Figure memory(String node, MemoryWatch.Peak peak) {
    return new Figure(
        node + ": resident before → at most; heap at most",
        String.format(
            Locale.ROOT,
            "%d → %d MiB (%.2f times); %d MiB",
            peak.before(),
            peak.resident(),
            peak.growth(),
            peak.heap()),
        "≤ %.2f times; 192 MiB".formatted(GROWTH_MAX));
  }

  private static List<String> findings(Checker.Verdict verdict, Arrivals.Told told) {
    List<String> findings = new ArrayList<>(verdict.findings());
    told.errors().forEach(error -> findings.add("neither taken nor refused as promised: " + error));
    return findings;
  }
}
