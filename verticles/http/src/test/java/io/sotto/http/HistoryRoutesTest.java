package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tenant's history as clients meet it, on fake stores; names begin with what the guide asks. */
class HistoryRoutesTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final NodeId node = NodeId.create();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private Client client;

  @BeforeEach
  void start() {
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(5), "base");
    HttpVerticle http = new HttpVerticle(options, jobs, new FakeAudioStore(), bus);
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
    await(jobs.register(node, "scheduler", "test", LONG));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private String submitted() {
    return client.upload(null).id();
  }

  /** Without a word in it. */
  private String completed() {
    String id = submitted();
    JobId job = JobId.parse(id).orElseThrow();
    int attempt =
        until(
                () -> jobs.claimPreparations(node, 100, LONG),
                claimed -> claimed.stream().anyMatch(one -> one.job().equals(job)))
            .stream()
            .filter(one -> one.job().equals(job))
            .findFirst()
            .orElseThrow()
            .attempt();
    ChunksPrepared silence =
        new ChunksPrepared(job, attempt, node, List.of(), 1500, new ChunksPrepared.End(0, 1500));
    await(jobs.recordChunks(silence, LONG));
    return id;
  }

  private Answer list(String query) {
    return client.get(Client.JOBS + query, null);
  }

  private static List<String> ids(Answer list) {
    assertEquals(200, list.status(), () -> list.body().encode());
    return list.ids();
  }

  private Answer cancel(String id) {
    return client.post(Client.JOBS + "/" + id + "/cancel", null, Buffer.buffer());
  }

  @Test
  void a4PagesAreTenJobsTheNewestFirst() {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      made.addFirst(submitted());
    }
    Answer first = list("");
    JsonObject pages = first.body().getJsonObject("pagination");
    assertEquals(10, ids(first).size());
    assertEquals(first.body().getJsonArray("data"), first.body().getJsonArray("transcriptions"));
    assertEquals(List.of(1, 10, 12, 2), numbers(pages));
    assertEquals(true, pages.getBoolean("total_is_exact"));
    assertEquals(true, first.body().getBoolean("has_more"));
    Answer second = list("?page=2");
    assertEquals(2, ids(second).size());
    assertEquals(false, second.body().getBoolean("has_more"));
    Answer after = list("?after=" + pages.getString("next"));
    assertEquals(ids(second), ids(after));
    assertNull(after.body().getJsonObject("pagination").getInteger("page"));
    assertNull(after.body().getJsonObject("pagination").getString("next"));
    List<String> all = new ArrayList<>(ids(first));
    all.addAll(ids(second));
    assertEquals(made.stream().sorted().toList(), all.stream().sorted().toList());
    assertEquals(all.reversed(), ids(list("?order=asc&limit=100")));
    assertEquals(0, ids(list("?page=3")).size());
  }

  private static List<Integer> numbers(JsonObject pages) {
    return List.of(
        pages.getInteger("page"),
        pages.getInteger("limit"),
        pages.getInteger("total"),
        pages.getInteger("pages"));
  }

  @Test
  void a4FiltersAndOrders() {
    String done = completed();
    String open = submitted();
    assertEquals(List.of(done), ids(list("?status=completed")));
    assertEquals(List.of(open), ids(list("?status=accepted&model=base")));
    assertEquals(List.of(), ids(list("?model=other")));
    assertEquals(List.of(), ids(list("?language=de")));
    assertEquals(List.of(open, done), ids(list("?sort=duration&order=asc")));
    assertEquals(List.of(open, done), ids(list("?sort=updated_at")));
    assertEquals(2, ids(list("?created_after=2020-01-01")).size());
    assertEquals(List.of(), ids(list("?created_before=2020-01-01T00:00:00Z")));
    String later = Instant.now().plusSeconds(60).toString();
    assertEquals(2, ids(list("?created_before=" + later)).size());
  }

  /** E1, E2: one shape of error, naming what is wrong. */
  @ParameterizedTest
  @CsvSource({
    "status, done",
    "status, ''",
    "language, klingon",
    "sort, name",
    "order, up",
    "page, 0",
    "page, 1001",
    "page, 99999999999",
    "limit, 0",
    "limit, 101",
    "limit, ten",
    "created_after, yesterday",
    "created_before, +999999999-01-01T00:00:00Z",
    "after, bm90IG9uZQ",
    "after, '!'",
    "model, ''"
  })
  void e1AWrongParameterIsNamed(String name, String value) {
    Answer answer = list("?" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
    assertEquals(400, answer.status());
    assertEquals(name, answer.error().getString("param"));
    assertEquals("bad_request", answer.error().getString("code"));
    assertEquals("invalid_request_error", answer.error().getString("type"));
    assertTrue(answer.error().getString("message").startsWith(name), answer.body()::encode);
  }

  @Test
  void e3WhatNoTextHoldsIsRefusedAndNoDefect() {
    assertEquals("model", list("?model=a%00b").error().getString("param"));
    Answer malformed = list("?status=%zz");
    assertEquals(400, malformed.status());
    assertEquals("bad_request", malformed.error().getString("code"));
    Answer prompt = client.json(Client.JOBS, Map.of("prompt", "a\0b", "url", "x"));
    assertEquals("prompt", prompt.error().getString("param"));
  }

  @Test
  void aCursorIsBoundToItsOrder() {
    submitted();
    submitted();
    String next = list("?limit=1").body().getJsonObject("pagination").getString("next");
    assertEquals(1, ids(list("?limit=1&after=" + next)).size());
    assertEquals(400, list("?order=asc&after=" + next).status());
    assertEquals(400, list("?sort=duration&after=" + next).status());
    assertEquals(400, list("?page=1&after=" + next).status());
  }

  @Test
  void a5ADeletedJobIsUnknownEverywhere() {
    for (String id : List.of(submitted(), completed())) {
      String path = Client.JOBS + "/" + id;
      Answer deleted = client.delete(path, null);
      assertEquals(200, deleted.status());
      assertEquals(id, deleted.id());
      assertEquals(true, deleted.body().getBoolean("deleted"));
      assertNotNull(deleted.body().getString("message"));
      assertNotNull(Instant.parse(deleted.body().getString("deleted_at")));
      for (String below : List.of("", "?partial=true", "/chunks", "/download", "/webhooks")) {
        assertEquals(404, client.get(path + below, null).status(), below);
      }
      for (String action : List.of("/cancel", "/webhooks/replay")) {
        assertEquals(404, client.post(path + action, null, Buffer.buffer()).status(), action);
      }
      assertEquals(404, client.delete(path, null).status(), "a second time");
      assertFalse(ids(list("")).contains(id));
      assertTrue(await(jobs.deleted(10)).contains(JobId.parse(id).orElseThrow()));
    }
  }

  @Test
  void a5WhoWaitsForAJobThatIsDeletedIsToldSo() {
    var waiting = client.syncing();
    String id =
        until(() -> client.getting(Client.JOBS), list -> list.ids().size() == 1).ids().getFirst();
    assertEquals(200, client.delete(Client.JOBS + "/" + id, null).status());
    assertEquals(404, await(waiting).status());
  }

  @Test
  void cancellingKeepsTheJob() {
    String id = submitted();
    assertEquals("cancelled", cancel(id).body().getString("status"));
    assertEquals("already_ended", cancel(id).error().getString("code"));
    assertEquals(409, cancel(completed()).status());
    assertEquals("cancelled", client.get(Client.JOBS + "/" + id, null).body().getString("status"));
  }

  /**
   * A12: under the names it has here. J1: the guide's PENDING is accepted, its PROCESSING preparing
   * and then running.
   */
  @Test
  void a2AJobHasEveryFieldOfTheGuide() {
    JsonObject open = client.get(Client.JOBS + "/" + submitted(), null).body();
    assertEquals("accepted", open.getString("status"));
    assertNull(open.getString("download_url"));
    assertEquals(Client.JOBS + "/" + open.getString("id"), open.getString("status_url"));
    String id = completed();
    JsonObject job = client.get(Client.JOBS + "/" + id, null).body();
    assertEquals("completed", job.getString("status"));
    assertEquals("a.mp3", job.getString("file_name"), "original_filename");
    assertEquals(100, job.getInteger("bytes"), "file_size_bytes");
    assertEquals(1.5, job.getDouble("duration_seconds"));
    assertEquals("base", job.getString("model"));
    assertEquals("", job.getString("text"), "transcript_text");
    assertEquals(Client.JOBS + "/" + id + "/download", job.getString("download_url"));
    for (String name : List.of("language", "progress", "eta_seconds", "started_at")) {
      assertTrue(job.containsKey(name), name);
    }
  }

  @Test
  void a13TimesAreUtcAndSaySo() {
    JsonObject job = client.get(Client.JOBS + "/" + completed(), null).body();
    for (String name : List.of("created_at", "updated_at", "started_at", "finished_at")) {
      String time = job.getString(name);
      assertTrue(time.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z"), time);
    }
    assertEquals(job.getString("finished_at"), job.getString("updated_at"));
  }

  /** A3, E3: what is not there yet, or never will be, says why in a body. */
  @Test
  void a3ADownloadIsAFileOrAReason() {
    String id = submitted();
    Answer early = client.get(Client.JOBS + "/" + id + "/download", null);
    assertEquals(409, early.status());
    assertEquals("not_ready", early.error().getString("code"));
    cancel(id);
    Answer never = client.get(Client.JOBS + "/" + id + "/download", null);
    assertEquals("cancelled", never.error().getString("code"));
    Answer unknown = client.get(Client.JOBS + "/" + JobId.create(0) + "/download", null);
    assertEquals(404, unknown.status());
    assertEquals("job_not_found", unknown.error().getString("code"));
    String done = completed();
    Answer json = client.get(Client.JOBS + "/" + done + "/download?format=json", null);
    assertEquals(200, json.status());
    assertNotEquals(-1, disposition(json).indexOf("filename=\"" + done + ".json\""));
  }

  /** A3: whatever is there, from the beginning without a gap, of a job in any state. */
  @Test
  void aDownloadMayBePartOfATranscript() {
    String id = submitted();
    HandRun run = new HandRun(jobs, bus, JobId.parse(id).orElseThrow(), 3);
    String path = Client.JOBS + "/" + id + "/download?partial=true&format=json";
    Answer part = client.get(path, null);
    assertEquals(200, part.status());
    assertEquals("part 0", part.body().getString("text"));
    assertNotEquals(-1, disposition(part).indexOf("filename=\"" + id + ".partial.json\""));
    run.commit(2);
    assertEquals("part 0", client.get(path, null).body().getString("text"), "no gap");
    run.commit(1);
    Answer whole = client.get(path, null);
    assertEquals("part 0 part 1 part 2", whole.body().getString("text"));
    assertNotEquals(-1, disposition(whole).indexOf("filename=\"" + id + ".json\""));
    Answer wrong = client.get(Client.JOBS + "/" + id + "/download?partial=yes", null);
    assertEquals("partial", wrong.error().getString("param"));
  }

  private static String disposition(Answer answer) {
    @Nullable String header = answer.header("Content-Disposition");
    return header == null ? "" : header;
  }
}
