package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.ClusterBus;
import io.sotto.storage.RetentionStore;
import io.sotto.storage.Tenant;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may call, whose jobs they see, and how many they may have. */
class TenantsTest {
  private static final int TENANT_JOBS = 5;
  private static final int JOBS = 8;
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final ApiKey ann = ApiKey.create();
  private final ApiKey bob = ApiKey.create();
  @TempDir private Path folder;
  private Path file;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    file = folder.resolve("keys");
    Files.writeString(
        file, "# who\n" + ann.line(7, "ann") + " weight=2.5 in-flight=3\n" + bob.line(8, "bob"));
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base")
            .with(file, new Admission(TENANT_JOBS, JOBS));
    HttpVerticle http = new HttpVerticle(options, jobs, audio, ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  @Test
  void whoHasNoKeyIsToldSoBeforeAnythingIsRead() {
    for (ApiKey none : new ApiKey[] {null, ApiKey.create(), new ApiKey("")}) {
      Answer refused = client.upload(none);
      assertEquals(401, refused.status());
      assertEquals("invalid_api_key", refused.error().getString("code"));
      assertEquals("invalid_request_error", refused.error().getString("type"));
      assertEquals("Bearer realm=\"sotto\"", refused.header("WWW-Authenticate"));
      assertEquals(401, client.get("/v1/models", none).status());
      assertEquals(401, client.get(Client.JOBS + "/" + new java.util.UUID(1, 2), none).status());
    }
    assertEquals(List.of(), audio.keys());
  }

  @Test
  void nobodySeesAnothersJobs() {
    String job = Client.JOBS + "/" + client.upload(ann).id();
    assertEquals(200, client.get(job, ann).status());
    for (String path : List.of(job, job + "/chunks", job + "/download", job + "?partial=true")) {
      assertEquals(404, client.get(path, bob).status(), path);
    }
    assertEquals(404, client.delete(job, bob).status());
    assertEquals(404, client.post(job + "/cancel", bob, Buffer.buffer()).status());
    assertEquals(0, client.get(Client.JOBS, bob).body().getJsonArray("data").size());
    assertEquals(1, client.get(Client.JOBS, ann).body().getJsonArray("data").size());
    assertEquals("accepted", client.get(job, ann).body().getString("status"));
    Answer mine = client.upload(ann, "Idempotency-Key", "k");
    assertFalse(mine.id().equals(client.upload(bob, "Idempotency-Key", "k").id()));
    assertEquals(mine.id(), client.upload(ann, "Idempotency-Key", "k").id());
  }

  @Test
  void whatATenantMayHaveReachesTheStore() {
    assertEquals(202, client.upload(ann).status());
    assertEquals(2.5, await(jobs.openJobs(10)).getFirst().weight());
  }

  @Test
  void beyondItsLimitATenantIsToldWhenToComeAgain() {
    for (int i = 0; i < TENANT_JOBS; i++) {
      assertEquals(202, client.upload(ann, "Idempotency-Key", "k" + i).status());
    }
    Answer refused = client.upload(ann, "Idempotency-Key", "another");
    assertEquals(429, refused.status());
    assertEquals("rate_limit_exceeded", refused.error().getString("type"));
    assertEquals("rate_limit_exceeded", refused.error().getString("code"));
    assertTrue(Integer.parseInt(refused.header("Retry-After")) >= 1);
    assertEquals(200, client.upload(ann, "Idempotency-Key", "k0").status(), "met, not refused");
    assertEquals(202, client.upload(bob).status(), "another's limit is another's");
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.size() == TENANT_JOBS + 1);
  }

  @Test
  void tenTimesTheLoadIsAnsweredWith429And503Alone() {
    List<Future<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 10 * JOBS; i++) {
      answers.add(client.uploading(i % 2 == 0 ? ann : bob));
    }
    Map<Integer, Integer> seen = new TreeMap<>();
    for (Future<Answer> each : answers) {
      Answer answer = await(each);
      seen.merge(answer.status(), 1, Integer::sum);
      assertEquals(answer.status() != 202, answer.header("Retry-After") != null);
    }
    assertEquals(JOBS, seen.remove(202), seen::toString);
    assertTrue(seen.containsKey(503), seen::toString);
    assertTrue(List.of(429, 503).containsAll(seen.keySet()), seen::toString);
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.size() == JOBS);
  }

  private Keyring keyring() {
    Keyring keys = new Keyring(vertx, jobs, file, what -> {});
    await(keys.look());
    return keys;
  }

  @Test
  void aKeyIsTakenAwayWithoutARestart() throws IOException {
    Keyring keys = keyring();
    assertEquals(7, keys.identify("bearer " + ann.text()).id());
    assertEquals(new Tenant(7, "ann", 2.5, 3), keys.identify("Bearer " + ann.text()));
    Files.writeString(file, ann.line(7, "ann") + " enabled=false\n" + bob.line(8, "bob"));
    assertTrue(await(keys.look()));
    assertThrows(ApiError.class, () -> keys.identify("Bearer " + ann.text()));
    Files.writeString(file, "tenant=8 " + bob.text());
    assertFalse(await(keys.look()), "what cannot be read leaves them as they were");
    assertEquals(8, keys.identify("Bearer " + bob.text()).id());
  }

  @Test
  void aTenantsTimesAreWrittenForRetentionToKeepTo() throws IOException {
    Files.writeString(
        file,
        ann.line(7, "ann")
            + " keep-audio=0d keep-transcripts=always\n"
            + bob.line(8, "bob")
            + " keep-audio=36h keep-transcripts=90m");
    Keyring keys = keyring();
    Tenant first = keys.identify("Bearer " + ann.text());
    Tenant second = keys.identify("Bearer " + bob.text());
    assertEquals(Duration.ZERO, first.keepAudio());
    assertEquals(RetentionStore.ALWAYS, first.keepTranscripts());
    assertEquals(Duration.ofHours(36), second.keepAudio());
    assertEquals(Duration.ofMinutes(90), second.keepTranscripts());
  }

  @Test
  void aFileThatCannotBeUnderstoodIsRefusedByItsLine() throws IOException {
    String line = ann.line(7, "ann");
    for (String wrong :
        List.of(
            "tenant=7",
            "sha256=" + "ab".repeat(32),
            line + " colour=red",
            line + " tenant=8",
            line + " weight=0",
            line + " in-flight=none",
            line + " enabled=yes",
            line + " keep-audio=30",
            line + " keep-audio=-1d",
            line + " keep-transcripts=0m",
            line + "\n" + bob.line(7, "ann") + " keep-audio=30d",
            line + "\n" + line,
            line + "\n" + bob.line(7, "ann") + " weight=2",
            ann.text())) {
      Files.writeString(file, "# first\n" + wrong);
      IOException told = assertThrows(IOException.class, () -> KeyFile.read(file), wrong);
      assertTrue(told.getMessage().matches(".*keys line [23]: .*"), told.getMessage());
      assertFalse(told.getMessage().contains(ann.text()));
    }
    Files.delete(file);
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 1, Duration.ofSeconds(1), "base")
            .with(file, Admission.UNLIMITED);
    HttpVerticle locked = new HttpVerticle(options, jobs, audio, ClusterBus.open(Vertx.vertx()));
    assertNotNull(assertThrows(AssertionError.class, () -> await(vertx.deployVerticle(locked))));
  }

  @Test
  void keysAreNeverPrintedByAccident() {
    assertTrue(ann.text().matches("sotto_[A-Za-z0-9_-]{43}"));
    assertFalse(ann.toString().contains(ann.text().substring(6)));
    assertFalse(ann.line(1, "x").contains(ann.text()));
  }
}
