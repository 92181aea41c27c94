package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client sees of a job while it runs: a recording of three chunks of ten seconds. */
class ProgressTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private Client client;
  private String job;
  private HandRun run;

  @BeforeEach
  void start() {
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base");
    HttpVerticle http = new HttpVerticle(options, jobs, new FakeAudioStore(), bus);
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
    JobId id = JobId.parse(client.upload(null).id()).orElseThrow();
    job = Client.JOBS + "/" + id;
    run = new HandRun(jobs, bus, id, 3);
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private JsonObject partial() {
    return client.get(job + "?partial=true", null).body();
  }

  @Test
  void theTextSoFarEndsBeforeTheFirstGap() {
    assertFalse(client.get(job, null).body().containsKey("text"));
    run.commit(2);
    JsonObject gap = partial();
    assertEquals("part 0", gap.getString("text"));
    assertEquals(10.0, gap.getDouble("text_until_seconds"));
    assertTrue(gap.getBoolean("partial"));
    assertEquals(66, gap.getInteger("progress"));
    run.commit(1);
    JsonObject whole = partial();
    assertEquals("part 0 part 1 part 2", whole.getString("text"));
    assertFalse(whole.containsKey("partial"));
    assertEquals(100, whole.getInteger("progress"));
    assertEquals(0, whole.getInteger("eta_seconds"));
    assertEquals(400, client.get(job + "?partial=maybe", null).status());
  }

  @Test
  void whenItWillBeDoneFollowsTheSpeedOfTheWorkers() {
    assertNull(client.get(job, null).body().getInteger("eta_seconds"), "nobody has measured it");
    bus.publish(Addresses.OFFERS, new WorkerOffer(run.node, "cpu", List.of("base"), 4, 2, 2.5));
    JsonObject known =
        until(
            () -> Future.succeededFuture(client.get(job, null).body()),
            body -> body.getInteger("eta_seconds") != null);
    assertEquals(4, known.getInteger("eta_seconds"), "20 s of audio, two rows of 2.5 a second");
    assertEquals(33, known.getInteger("progress"));
  }
}
