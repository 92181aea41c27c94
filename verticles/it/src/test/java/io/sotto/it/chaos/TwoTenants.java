package io.sotto.it.chaos;

import io.sotto.http.ApiKey;
import io.sotto.it.chaos.Outcome.Figure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One tenant with 10,000 chunks in the queue, another with ten clips: how long the second's wait,
 * in service times, one a service time and all at once, and beside nobody.
 */
record TwoTenants() implements Study {
  private static final int QUEUED = Integer.getInteger("sotto.chaos.queued", 10_000);
  private static final int SERVICE_MS = 1_000;
  private static final House.Size SIZE = new House.Size(2, 2, SERVICE_MS);
  private static final int CLIPS = 10;
  private static final int CHUNKS_PER_JOB = 1_000;

  /** What is transcribed while the rest is still being prepared. */
  private static final int MORE_JOBS = 3;

  private static final long FIRST = 1;
  private static final long SECOND = 2;
  private static final long PATIENCE_MS = 900_000;
  private static final long LOOK_MS = 1_000;

  @Override
  public String name() {
    return "tenants";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    ApiKey first = ApiKey.create();
    ApiKey second = ApiKey.create();
    Path keys = folder.resolve("keys");
    Files.write(keys, List.of(first.line(FIRST, "first"), second.line(SECOND, "second")));
    WaitWatch watch = new WaitWatch();
    Map<String, String> more = Map.of("SOTTO_HTTP_KEYS_FILE", keys.toString());
    try (Recorder facts = Recorder.open(folder.resolve("facts.txt"));
        House house = House.open(folder, SIZE, more, watch);
        Client flood = new Client(house::urls, facts, first.text());
        Client clips = new Client(house::urls, facts, second.text())) {
      Run run = new Run(clips, facts, watch);
      List<Double> alone = run.oneByOne();
      long queued = flood(house, flood, facts, out);
      List<Double> paced = run.oneByOne();
      List<Double> together = run.allAtOnce();
      long left = queued(house);
      List<String> findings = new ArrayList<>(facts.surprises());
      findings.addAll(Checker.fsck(house.database()));
      run.unfinished().forEach(one -> findings.add("a clip did not end: " + one));
      return new Seen(
          List.of(
              new Figure(
                  "chunks of the first tenant waiting, before and after",
                  queued + ", " + left,
                  "≥ %d before".formatted(QUEUED)),
              wait("a clip a service time, beside nobody: wait for the engine", alone, "-"),
              wait(
                  "the same beside those: wait of the second tenant's clips",
                  paced,
                  "p95 ≤ 2 service times"),
              wait("ten clips at once beside those", together, "-")),
          findings);
    }
  }

  /** Uploads until as many chunks wait as are wanted; gives how many do. */
  private static long flood(House house, Client flood, Recorder facts, Consumer<String> out)
      throws Exception {
    int jobs = QUEUED / CHUNKS_PER_JOB + MORE_JOBS;
    for (int i = 0; i < jobs; i++) {
      Recorder.Asked one = facts.asks(UUID.randomUUID().toString(), Sound.slow(i, CHUNKS_PER_JOB));
      flood.submit(one, PATIENCE_MS);
    }
    long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
    long queued = queued(house);
    while (queued < QUEUED && System.nanoTime() < end) {
      Pause.ms(LOOK_MS);
      queued = queued(house);
    }
    out.accept(queued + " chunks wait");
    return queued;
  }

  private static long queued(House house) throws Exception {
    return house
        .database()
        .ask("select count(*) from chunk where state = 'ready' and tenant_id = " + FIRST)
        .getFirst()
        .getLong(0);
  }

  private static Figure wait(String what, List<Double> ms, String target) {
    return new Figure(
        what,
        String.format(
            Locale.ROOT,
            "p50 %.2f, p95 %.2f, longest %.2f service times (%d clips)",
            Percentile.of(ms, 50) / SERVICE_MS,
            Percentile.of(ms, 95) / SERVICE_MS,
            Percentile.of(ms, 100) / SERVICE_MS,
            ms.size()),
        target);
  }

  /** The clips of the second tenant. */
  private static final class Run {
    private static final long CLIP_PATIENCE_MS = 60_000;
    private final Load load;
    private final WaitWatch watch;
    private final List<Recorder.Asked> asked = new ArrayList<>();

    private Run(Client clips, Recorder facts, WaitWatch watch) {
      this.load = new Load(clips, facts, List.of());
      this.watch = watch;
    }

    private List<Double> oneByOne() throws InterruptedException {
      return clips(SERVICE_MS);
    }

    private List<Double> allAtOnce() throws InterruptedException {
      return clips(0);
    }

    /** Sends the clips, one every {@code everyMs}, and waits for their ends. */
    private List<Double> clips(long everyMs) throws InterruptedException {
      List<Recorder.Asked> mine = java.util.Collections.synchronizedList(new ArrayList<>());
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIPS; i++) {
        Sound clip = Sound.of(i, 1);
        clients.add(Thread.ofVirtual().start(() -> ask(clip, mine)));
        Pause.ms(everyMs);
      }
      for (Thread client : clients) {
        client.join(CLIP_PATIENCE_MS);
      }
      asked.addAll(mine);
      Set<String> ids = new HashSet<>();
      mine.forEach(one -> ids.add(one.id()));
      return watch.ms(ids);
    }

    private void ask(Sound clip, List<Recorder.Asked> mine) {
      try {
        mine.add(load.one(clip));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private List<String> unfinished() {
      return asked.stream()
          .filter(one -> !one.state().equals("completed"))
          .map(one -> one.id() + " is '" + one.state() + "'")
          .toList();
    }
  }
}
