package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.embedded.EmbeddedStores;
import io.sotto.storage.PgOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sotto fsck} beside a node, after it, and where there is nothing to check. */
class FsckIT {
  private static final long PATIENCE_S = 60;
  @TempDir private Path folder;

  private record Result(int status, List<String> out, String err) {}

  private Result fsck(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command = NodeProcess.command("fsck");
    command.addAll(List.of(options));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("SOTTO_NODE_CACHE", Recordings.HOME + "/target/cache");
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "it hangs");
    return new Result(process.exitValue(), Files.readAllLines(out), Files.readString(err));
  }

  @Test
  void aNodeThatWorkedLeavesCleanStores() throws Exception {
    Path data = folder.resolve("data");
    String[] all = {"--data", data.toString(), "--audio"};
    try (NodeProcess node = NodeProcess.start(data, "http,ingest,scheduler,worker")) {
      Api api = new Api(URI.create(node.url()));
      String spoken = submit(api, Recordings.JFK);
      String talk = submit(api, Recordings.repeated(folder.resolve("long.wav"), 2, 700));
      Result meanwhile = fsck(Map.of(), all);
      assertEquals("fsck 0", meanwhile.out.getLast(), meanwhile::toString);
      for (String job : List.of(spoken, talk)) {
        assertEquals("completed", api.await(job, Api::ended).path("status").asText());
      }
      Result beside = fsck(Map.of(), all);
      assertEquals(0, beside.status, beside::toString);
      assertEquals("fsck 0", beside.out.getLast());
      assertEquals(200, api.get("/v1/models").statusCode(), "the node still has its stores");
      expire(data, spoken);
      damage(data, "update job set done_ms = done_ms + 1 where id = '" + talk + "'");
      Result damaged = fsck(Map.of(), "--data", data.toString());
      assertEquals(1, damaged.status, damaged::toString);
      assertTrue(damaged.out.getFirst().startsWith("I3 damage job=" + talk + ": done_ms is "));
      assertEquals("fsck 1", damaged.out.getLast());
      damage(data, "update job set done_ms = done_ms - 1 where id = '" + talk + "'");
      awaitErased(node);
      assertEquals(404, api.get(Api.JOBS + "/" + spoken).statusCode());
      Result gone = fsck(Map.of(), "--data", data.toString(), "--job", spoken);
      assertEquals(0, gone.status, gone::toString);
      assertEquals("job " + spoken + " is gone", gone.out.getLast());
      String log = String.join("\n", gone.out);
      assertTrue(log.contains(" job.expired tenant=1 on=" + spoken), log);
      assertTrue(log.contains(" job.erased tenant=1 on=" + spoken), log);
    }
    Result after = fsck(Map.of(), "--data", data.toString(), "--json");
    assertEquals(0, after.status, after::toString);
    JsonNode summary = new ObjectMapper().readTree(after.out.getLast());
    assertEquals(0, summary.path("fsck").asInt(-1));
    assertEquals(1, summary.path("jobs").asInt());
  }

  /** The job ended two hours ago, and its tenant wants it kept for one. */
  private static void expire(Path data, String job) throws SQLException {
    damage(data, "update job set finished_at = now() - interval '2 h' where id = '" + job + "'");
    damage(data, "update tenant set keep_transcripts_ms = 3600000 where id = 1");
  }

  private static void awaitErased(NodeProcess node) throws Exception {
    Api management = new Api(URI.create(node.management()));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (erased(management) < 1) {
      assertTrue(System.nanoTime() < deadline, "nobody deletes it");
    }
  }

  private static double erased(Api management) throws Exception {
    return management
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("sotto_jobs_erased_total"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static void damage(Path data, String statement) throws SQLException {
    try (EmbeddedStores stores =
        EmbeddedStores.open(data, Recordings.HOME.resolve("target/cache"))) {
      PgOptions server = stores.postgres();
      String url = "jdbc:postgresql://%s:%d/%s";
      try (Connection connection =
              DriverManager.getConnection(
                  url.formatted(server.host(), server.port(), server.database()),
                  server.user(),
                  server.password());
          Statement change = connection.createStatement()) {
        change.execute(statement);
      }
    }
  }

  private static String submit(Api api, Path file) throws Exception {
    return Api.json(api.upload(Api.JOBS, file, Map.of("language", "en"))).path("id").asText();
  }

  @Test
  void whatCannotBeCheckedIsStatusTwo() throws Exception {
    Result nothing = fsck(Map.of(), "--data", folder.resolve("none").toString());
    assertEquals(2, nothing.status, nothing::toString);
    assertTrue(nothing.err.contains("there are no stores in"), nothing.err);
    assertTrue(Files.notExists(folder.resolve("none")));
    Map<String, String> down =
        Map.of("SOTTO_DATABASE_HOST", "127.0.0.1", "SOTTO_DATABASE_PORT", "1");
    Result unanswered = fsck(with(down, "SOTTO_S3_ACCESS_KEY", "x"));
    assertEquals(2, unanswered.status, unanswered::toString);
    assertTrue(unanswered.err.contains("is it running"), unanswered.err);
    assertEquals(2, fsck(Map.of(), "--limit", "0").status);
  }

  private static Map<String, String> with(Map<String, String> map, String key, String value) {
    Map<String, String> all = new HashMap<>(map);
    all.put(key, value);
    return all;
  }
}
