package io.sotto.ingest;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.engine.SpeechDetector;
import io.sotto.engine.Wav;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.SottoException;
import io.sotto.testkit.FakeAudioStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An ingest node with real ffmpeg and a detector that hears loudness, before a test's scheduler.
 */
class IngestVerticleTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));
  private static final Path JFK = HOME.resolve("samples/jfk.wav");
  @TempDir private Path temp;
  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final FakeAudioStore store = new FakeAudioStore();
  private final NodeId node = NodeId.create();
  private final NodeId scheduler = NodeId.create();
  private final BlockingQueue<SchedulerReport> reports = new LinkedBlockingQueue<>();
  private final BlockingQueue<IngestOffer> offers = new LinkedBlockingQueue<>();
  private volatile Promise<Void> downloads = open();
  private volatile FailureCode refusal;
  private IngestVerticle ingest;

  /** Loud is speech. */
  private static final class Loudness implements SpeechDetector {
    @Override
    public void probabilities(float[] samples, int frames, float[] into) {
      for (int frame = 0; frame < frames; frame++) {
        double energy = 0;
        for (int i = frame * FRAME_SAMPLES; i < (frame + 1) * FRAME_SAMPLES; i++) {
          energy += samples[i] * samples[i];
        }
        into[frame] = energy / FRAME_SAMPLES > 1e-4 ? 0.9f : 0.1f;
      }
    }

    @Override
    public void reset() {}

    @Override
    public void close() {}
  }

  private static Promise<Void> open() {
    Promise<Void> open = Promise.promise();
    open.complete();
    return open;
  }

  @BeforeEach
  void start() {
    IngestOptions options =
        new IngestOptions(
            1, temp, Duration.ofHours(1), FfmpegBinary.bundled(HOME.resolve("target/cache")));
    ingest =
        new IngestVerticle(
            options,
            node,
            bus,
            store,
            (url, to, max, sha256) -> copy(url, to),
            Loudness::new,
            new SimpleMeterRegistry());
    await(
        bus.subscribe(
            Addresses.OFFERS,
            offer -> {
              if (offer instanceof IngestOffer own) {
                offers.add(own);
              }
            }));
    await(bus.serve(Addresses.scheduler(scheduler), this::report));
    await(vertx.deployVerticle(ingest));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Future<Void> copy(String url, Path to) {
    return downloads
        .future()
        .compose(go -> vertx.executeBlocking(() -> Files.copy(Path.of(url), to)))
        .mapEmpty();
  }

  private Future<Ack> report(SchedulerReport report) {
    reports.add(report);
    return refusal == null
        ? Future.succeededFuture(new Ack())
        : Future.failedFuture(new SottoException(refusal, "refused"));
  }

  private PrepareAudio work(Path file, NodeId by) throws IOException {
    return new PrepareAudio(
        JobId.create(System.currentTimeMillis()), 3, by, file.toString(), Files.size(file), null);
  }

  private void send(PrepareAudio work) {
    await(bus.request(Addresses.ingest(node), work));
  }

  private SchedulerReport next() throws InterruptedException {
    SchedulerReport report = reports.poll(20, TimeUnit.SECONDS);
    assertNotNull(report, "no report came");
    return report;
  }

  private void assertNothingInTemp() {
    until(
        () ->
            vertx.executeBlocking(
                () -> {
                  try (Stream<Path> files = Files.walk(temp)) {
                    return files.filter(Files::isRegularFile).toList();
                  }
                }),
        List::isEmpty);
  }

  @Test
  void chunksAreStoredToldAndCounted() throws Exception {
    PrepareAudio work = work(JFK, scheduler);
    send(work);
    List<PreparedChunk> chunks = new ArrayList<>();
    ChunksPrepared.End end = null;
    while (end == null) {
      ChunksPrepared report = (ChunksPrepared) next();
      assertEquals(3, report.attempt());
      assertEquals(node, report.node());
      chunks.addAll(report.chunks());
      end = report.end();
    }
    assertEquals(new ChunksPrepared.End(chunks.size(), 11_000), end);
    assertEquals(store.keys(), chunks.stream().map(chunk -> chunk.key().value()).toList());
    PreparedChunk first = chunks.getFirst();
    float[] samples = Wav.read(store.open("fake:" + first.key()));
    assertEquals(first.span().durationMs(), samples.length / 16, 1);
    assertNothingInTemp();
  }

  @Test
  void aBadFileIsReportedWithItsReason() throws Exception {
    Path text = Files.writeString(HOME.resolve("target/letter.txt"), "Dear Sir,\n".repeat(50));
    send(work(text, scheduler));
    PreparationFailed failed = (PreparationFailed) next();
    assertEquals(FailureCode.UNSUPPORTED_MEDIA, failed.code());
    assertTrue(failed.reason().contains("not audio or video"), failed.reason());
    assertEquals(List.of(), store.keys());
    assertNothingInTemp();
  }

  @Test
  void whenItsSchedulerIsGoneAnyWillDo() throws Exception {
    await(bus.serve(Addresses.ANY_SCHEDULER, this::report));
    send(work(JFK, NodeId.create()));
    while (!(next() instanceof ChunksPrepared report && report.end() != null)) {
      assertTrue(reports.size() < 100);
    }
  }

  @Test
  void aRefusedReportEndsTheWork() throws Exception {
    refusal = FailureCode.LEASE_LOST;
    send(work(JFK, scheduler));
    next();
    until(
        () -> bus.request(Addresses.ingest(node), work2()).map(true).otherwise(false),
        taken -> taken);
    assertNothingInTemp();
  }

  @Test
  void chunksOfAJobThatEndedGo() throws Exception {
    refusal = FailureCode.CANCELLED;
    send(work(JFK, scheduler));
    next();
    until(
        () -> Future.succeededFuture(store.keys()),
        keys -> keys.stream().noneMatch(key -> key.startsWith("chunks/")));
    assertNothingInTemp();
  }

  private PrepareAudio work2() {
    try {
      return work(JFK, scheduler);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whoIsFullSaysSo() throws Exception {
    downloads = Promise.promise();
    send(work(JFK, scheduler));
    SottoException full = assertThrows(SottoException.class, () -> send(work(JFK, scheduler)));
    assertEquals(FailureCode.WORKER_FULL, full.code());
    IngestOffer offer = offers.poll(5, TimeUnit.SECONDS);
    while (offer != null && offer.freeSlots() > 0) {
      offer = offers.poll(5, TimeUnit.SECONDS);
    }
    assertEquals(new IngestOffer(node, 1, 0, scheduler), offer);
    downloads.complete();
  }

  @Test
  void whoLeavesHandsBackWhatRuns() throws Exception {
    downloads = Promise.promise();
    send(work(JFK, scheduler));
    Future<Void> drained = ingest.drain(Duration.ofSeconds(2));
    PreparationFailed back = (PreparationFailed) next();
    assertEquals(FailureCode.DRAINING, back.code());
    downloads.complete();
    await(drained);
    SottoException refused = assertThrows(SottoException.class, () -> send(work(JFK, scheduler)));
    assertEquals(FailureCode.DRAINING, refused.code());
  }
}
