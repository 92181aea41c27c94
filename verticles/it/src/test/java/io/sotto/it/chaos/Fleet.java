package io.sotto.it.chaos;

import com.hazelcast.config.Config;
import com.hazelcast.config.YamlConfigBuilder;
import io.sotto.it.Recordings;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Segment;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.WorkerOffer;
import io.sotto.testkit.Await;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Worker nodes that only take time: each offers slots and reports a text of a usual length, on the
 * real bus of a cluster that this process joins, and fetches nothing. All of them share one event
 * loop, since what they cost is not the question.
 */
final class Fleet implements AutoCloseable {
  private static final long START_S = 60;
  private static final long OFFER_MS = 1_000;
  private static final int SEGMENTS = 5;
  private static final String TEXT = " This sentence is about as long as sentences usually are.";

  private final Vertx vertx;
  private final ClusterBus bus;
  private final AtomicLong reported = new AtomicLong();

  private Fleet(Vertx vertx) {
    this.vertx = vertx;
    this.bus = ClusterBus.open(vertx);
  }

  /** Joins the cluster whose nodes have the settings {@code environment}. */
  static Fleet join(Map<String, String> environment) throws Exception {
    Config config;
    try (var in = Files.newInputStream(Recordings.HOME.resolve("cluster-config/hazelcast.yaml"))) {
      config = new YamlConfigBuilder(in).build();
    }
    config.setClusterName(environment.get("SOTTO_CLUSTER_NAME"));
    config
        .getNetworkConfig()
        .setPort(Integer.parseInt(environment.get("SOTTO_CLUSTER_PORT")))
        .setPortCount(Integer.parseInt(environment.get("SOTTO_CLUSTER_PORT_COUNT")))
        .setPublicAddress("127.0.0.1");
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    config.getNetworkConfig().getJoin().getTcpIpConfig().setMembers(List.of("127.0.0.1"));
    VertxOptions options =
        new VertxOptions().setEventBusOptions(new EventBusOptions().setHost("127.0.0.1"));
    return new Fleet(
        wait(
            Vertx.builder()
                .with(options)
                .withClusterManager(new HazelcastClusterManager(config))
                .buildClustered()));
  }

  static <T> T wait(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(START_S, TimeUnit.SECONDS);
  }

  Vertx vertx() {
    return vertx;
  }

  /** Reports that a scheduler has acknowledged. */
  long reported() {
    return reported.get();
  }

  /** A node more, of {@code slots} slots that take {@code chunkMs} for a chunk. */
  Node add(int slots, long chunkMs) throws Exception {
    Node node = new Node(slots, chunkMs);
    wait(node.open());
    return node;
  }

  /** One of them. */
  final class Node {
    private final NodeId id = NodeId.create();
    private final int slots;
    private final long chunkMs;
    private int taken;
    private boolean leaving;

    private Node(int slots, long chunkMs) {
      this.slots = slots;
      this.chunkMs = chunkMs;
    }

    private Future<Void> open() {
      return bus.serve(Addresses.worker(id), this::take)
          .onSuccess(
              open ->
                  vertx.setPeriodic(
                      OFFER_MS,
                      timer -> {
                        if (leaving) {
                          vertx.cancelTimer(timer);
                          open.close();
                        }
                        offer();
                      }))
          .mapEmpty();
    }

    /** It offers nothing more, and is gone with its next beat. */
    void leave() {
      leaving = true;
    }

    private void offer() {
      int free = leaving ? 0 : slots - taken;
      bus.publish(
          Addresses.OFFERS,
          new WorkerOffer(id, "simulated", List.of(FakeEngines.MODEL), slots, free, 0));
    }

    private Future<Ack> take(WorkerCommand command) {
      if (!(command instanceof TranscribeChunk chunk)) {
        return Future.succeededFuture(new Ack());
      }
      if (taken == slots || leaving) {
        return Future.failedFuture(new SottoException(FailureCode.WORKER_FULL, "no slot is free"));
      }
      taken++;
      offer();
      vertx.setTimer(chunkMs, done -> report(chunk));
      return Future.succeededFuture(new Ack());
    }

    private void report(TranscribeChunk chunk) {
      taken--;
      offer();
      tell(new ChunkTranscribed(chunk.chunk(), chunk.attempt(), id, text(chunk)), chunk);
    }

    /** Until it is acknowledged, as real workers do. */
    private void tell(ChunkTranscribed result, TranscribeChunk chunk) {
      bus.request(Addresses.scheduler(chunk.scheduler()), result)
          .onSuccess(acknowledged -> reported.incrementAndGet())
          .onFailure(
              busy -> {
                if (!leaving) {
                  vertx.setTimer(OFFER_MS, again -> tell(result, chunk));
                }
              });
    }
  }

  private static ChunkTranscript text(TranscribeChunk chunk) {
    List<Segment> segments = new ArrayList<>();
    double from = chunk.span().startMs() / 1000.0;
    double each = chunk.span().durationMs() / 1000.0 / SEGMENTS;
    for (int i = 0; i < SEGMENTS; i++) {
      segments.add(
          new Segment(
              from + i * each,
              from + (i + 1) * each,
              TEXT,
              List.of(50364, 400, 600, 300, 900, 120, 42, 50900),
              0,
              -0.25,
              1.2,
              0.01,
              List.of()));
    }
    return new ChunkTranscript(
        "en", 1, segments, "ab".repeat(32), new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
  }

  @Override
  public void close() {
    Await.await(vertx.close());
  }
}
