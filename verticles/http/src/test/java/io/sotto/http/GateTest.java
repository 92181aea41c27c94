package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.http.Client.Answer;
import io.sotto.protocol.ClusterBus;
import io.sotto.storage.AuditAction;
import io.sotto.storage.AuditEntry;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guessers are held back, everybody else is not, and all of it is written down. */
class GateTest {
  private static final int BAD_KEYS = 1_000;
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final ApiKey ann = ApiKey.create();
  private final Queue<AuditEntry> log = new ConcurrentLinkedQueue<>();
  @TempDir private Path folder;
  private Client client;
  private String deployment;

  @BeforeEach
  void start() throws IOException {
    Path file = Files.writeString(folder.resolve("keys"), ann.line(7, "ann"));
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(5), "base")
            .with(file, Admission.UNLIMITED);
    AuditOptions audit =
        new AuditOptions(
            entries -> {
              log.addAll(entries);
              return Future.succeededFuture();
            },
            "node",
            false,
            Duration.ofHours(1));
    HttpVerticle http =
        new HttpVerticle(
            options,
            jobs,
            new FakeAudioStore(),
            ClusterBus.open(vertx),
            audit,
            new SimpleMeterRegistry());
    deployment = await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private <T> List<T> of(AuditAction action, Function<AuditEntry, T> column) {
    return log.stream().filter(entry -> entry.action() == action).map(column).toList();
  }

  @Test
  void aThousandBadKeysAreRefusedWith429AfterTwenty() {
    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < BAD_KEYS; i++) {
      Answer answer = client.get(Client.JOBS, ApiKey.create());
      statuses.add(answer.status());
      if (answer.status() == 429) {
        assertNotNull(answer.header("Retry-After"));
      }
    }
    assertEquals(
        List.of(401), statuses.subList(0, RefusalBucket.REFUSALS_MAX).stream().distinct().toList());
    long refused = statuses.stream().filter(status -> status == 429).count();
    assertTrue(refused > BAD_KEYS * 9 / 10, "429: " + refused);
    assertEquals(BAD_KEYS, refused + statuses.stream().filter(status -> status == 401).count());
    assertEquals(
        200, client.get(Client.JOBS, ann).status(), "a known key is let in from there too");
    await(vertx.undeploy(deployment));
    assertEquals(List.of((long) BAD_KEYS), of(AuditAction.AUTH_REFUSED, AuditEntry::times));
    assertEquals(List.of(1L), of(AuditAction.AUTH_ACCEPTED, AuditEntry::times));
  }

  @Test
  void whatIsDoneIsWrittenDownWithWhoDidIt() {
    String first = client.upload(ann).id();
    String second = client.upload(ann).id();
    client.post(Client.JOBS + "/" + first + "/cancel", ann, Buffer.buffer());
    client.delete(Client.JOBS + "/" + second, ann);
    client.delete(Client.JOBS + "/" + new java.util.UUID(1, 2), ann); // there is no such job
    await(vertx.undeploy(deployment));
    assertEquals(List.of(first), of(AuditAction.JOB_CANCELLED, AuditEntry::subject));
    assertEquals(List.of(second), of(AuditAction.JOB_DELETED, AuditEntry::subject));
    assertEquals(List.of("ann"), of(AuditAction.JOB_DELETED, AuditEntry::actor));
    assertEquals(List.of(7L), of(AuditAction.JOB_DELETED, AuditEntry::tenant));
    assertEquals(List.of("127.0.0.1"), of(AuditAction.JOB_DELETED, AuditEntry::address));
    assertEquals(List.of(5L), of(AuditAction.AUTH_ACCEPTED, AuditEntry::times));
    assertEquals(
        List.of("keys added: 1, removed: 0"), of(AuditAction.KEYS_CHANGED, AuditEntry::detail));
    assertEquals(1, of(AuditAction.NODE_STARTED, AuditEntry::at).size());
    assertEquals(1, of(AuditAction.NODE_STOPPED, AuditEntry::at).size());
    assertTrue(log.stream().noneMatch(entry -> entry.toString().contains(ann.text())));
  }

  @Test
  void whatIsDoneToEndpointsIsWrittenDownWithoutTheirSecrets() {
    JsonObject url = new JsonObject().put("url", "https://hooks.example.com/a");
    Answer made = client.json(HttpMethod.POST, JobRoutes.WEBHOOKS, ann, url);
    String path = EndpointRoutes.ENDPOINTS + "/" + made.id();
    client.json(HttpMethod.PATCH, path, ann, url);
    client.post(path + "/test", ann, Buffer.buffer());
    client.post(path + "/rotate", ann, Buffer.buffer());
    client.delete(path, ann);
    client.delete(path, ann); // there is none any more
    await(vertx.undeploy(deployment));
    List<AuditAction> actions =
        List.of(
            AuditAction.ENDPOINT_CREATED,
            AuditAction.ENDPOINT_CHANGED,
            AuditAction.ENDPOINT_ROTATED,
            AuditAction.ENDPOINT_DELETED);
    for (AuditAction action : actions) {
      assertEquals(List.of(made.id()), of(action, AuditEntry::subject), action::wire);
    }
    assertEquals(List.of(), of(AuditAction.JOB_DELETED, AuditEntry::subject));
    assertTrue(log.stream().noneMatch(entry -> entry.toString().contains("whsec_")));
  }

  /**
   * Keys are known without the store; what needs the store is refused, and nothing is let through.
   */
  @Test
  void withTheStoreDownNobodyIsServedWhoWasNotBefore() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    PgOptions nowhere = new PgOptions("127.0.0.1", closed, "sotto", "sotto", "", 2, "disable");
    PgJobStore store = PgJobStore.create(vertx, nowhere);
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(5), "base")
            .with(folder.resolve("keys"), new Admission(1, 1));
    Vertx other = Vertx.vertx(); // codecs are registered once each
    HttpVerticle http =
        new HttpVerticle(options, store, new FakeAudioStore(), ClusterBus.open(other));
    await(vertx.deployVerticle(http));
    Client down = new Client(vertx, http.port());
    assertEquals(401, down.get(Client.JOBS, null).status());
    assertEquals(401, down.get(Client.JOBS, ApiKey.create()).status());
    assertEquals(401, down.upload(ApiKey.create()).status());
    assertEquals(503, down.get(Client.JOBS, ann).status());
    assertEquals(503, down.upload(ann).status(), "whether it has a job left is not known");
    await(store.close());
    await(other.close());
  }
}
