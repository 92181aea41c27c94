package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.AudioStore;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A6, T9: how the service says it is. */
class HealthRoutesTest {
  private static final String HEALTH = "/api/v1/health";
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final AtomicInteger checks = new AtomicInteger();
  @TempDir private Path folder;

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Client server(AudioStore audio, Path keys) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base")
            .with(keys, new Admission(5, 50));
    HttpVerticle http = new HttpVerticle(options, jobs, audio, bus);
    await(vertx.deployVerticle(http));
    return new Client(vertx, http.port());
  }

  /** A store that counts how often it is asked, and answers {@code check} so. */
  private AudioStore answering(Future<Void> check) {
    FakeAudioStore fake = new FakeAudioStore();
    return (AudioStore)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {AudioStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("check")) {
                checks.incrementAndGet();
                return check;
              }
              try {
                return method.invoke(fake, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void offer() {
    bus.publish(
        Addresses.OFFERS, new WorkerOffer(NodeId.create(), "cpu", List.of("base"), 4, 3, 2.0));
  }

  private static String status(JsonObject health, String service) {
    return health.getJsonObject("services").getJsonObject(service).getString("status");
  }

  @Test
  void withoutWorkersItIsDegradedAndWithThemHealthy() {
    Client client = server(new FakeAudioStore(), null);
    Answer alone = client.get(HEALTH, null);
    assertEquals(200, alone.status());
    assertEquals("degraded", alone.body().getString("status"));
    assertEquals("healthy", status(alone.body(), "database"));
    assertEquals("degraded", status(alone.body(), "workers"));
    client.upload(null);
    JsonObject health =
        until(
            () -> {
              offer();
              return Future.succeededFuture(client.get(HEALTH, null).body());
            },
            body -> body.getString("status").equals("healthy"));
    assertEquals("healthy", status(health, "bus"));
    JsonObject database = health.getJsonObject("services").getJsonObject("database");
    assertTrue(database.getDouble("latency_ms") >= 0);
    assertEquals(100_000, health.getJsonObject("limits").getLong("max_file_bytes"));
    JsonObject metrics = health.getJsonObject("metrics");
    assertEquals(1, metrics.getInteger("queue_size"));
    assertTrue(metrics.getInteger("active_transcriptions") >= 1);
  }

  @Test
  void aStoreThatDoesNotAnswerMakesItUnhealthyWithoutSayingMore() {
    SottoException down =
        new SottoException(FailureCode.STORE_DOWN, "http://10.0.0.1:9000 refused the connection");
    Answer answer = server(answering(Future.failedFuture(down)), null).get(HEALTH, null);
    assertEquals(503, answer.status());
    assertEquals("unhealthy", answer.body().getString("status"));
    assertEquals("unhealthy", status(answer.body(), "storage"));
    assertEquals("healthy", status(answer.body(), "database"));
    assertTrue(!answer.body().encode().contains("10.0.0.1"), answer.body()::encode);
  }

  @Test
  void aStoreThatIsSilentIsNotWaitedForAndAskedOnce() {
    Future<Void> never = Promise.<Void>promise().future();
    Client client = server(answering(never), null);
    List<Future<Answer>> asked =
        Stream.generate(() -> client.getting(HEALTH, null)).limit(10).toList();
    asked.forEach(answer -> assertEquals(503, await(answer).status()));
    assertEquals(1, checks.get());
  }

  @Test
  void whoeverMayNotCallIsToldTheStatusAlone() throws IOException {
    ApiKey ann = ApiKey.create();
    Path keys = Files.writeString(folder.resolve("keys"), ann.line(7, "ann"));
    Client client = server(new FakeAudioStore(), keys);
    for (ApiKey none : new ApiKey[] {null, ApiKey.create()}) {
      Answer answer = client.get(HEALTH, none);
      assertEquals(200, answer.status());
      assertEquals(Set.of("status", "timestamp"), answer.body().fieldNames());
    }
    JsonObject full = client.get(HEALTH, ann).body();
    assertNull(full.getJsonObject("services").getJsonObject("database").getString("reason"));
  }

  @Test
  void manyWhoAskCauseOneCheck() {
    Client client = server(answering(Future.succeededFuture()), null);
    long begun = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      assertEquals(200, client.get(HEALTH, null).status());
    }
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    assertTrue(checks.get() <= seconds + 1, () -> checks + " checks in " + seconds + " s");
  }
}
