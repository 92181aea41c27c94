package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of different roles, and the death of one. */
class ClusterIT {
  private static final int TIMES = 10;
  @TempDir private Path data;

  private static String submit(Api api, Path file) throws Exception {
    return Api.json(api.upload(Api.JOBS, file, Map.of("language", "en"))).path("id").asText();
  }

  private static Set<String> nodes(Api api, String job) throws Exception {
    Set<String> nodes = new TreeSet<>();
    for (JsonNode chunk : Api.json(api.get(Api.JOBS + "/" + job + "/chunks")).path("data")) {
      nodes.add(chunk.path("node").asText());
    }
    return nodes;
  }

  @Test
  void aKilledWorkerCostsNoWord() throws Exception {
    Path file = Recordings.repeated(data.resolve("talk.wav"), TIMES, 650);
    try (NodeProcess front = NodeProcess.start(data, "http,ingest,scheduler");
        NodeProcess first = NodeProcess.start(data, "worker")) {
      Api api = new Api(URI.create(front.url()));
      String firstNode = first.node();
      String undisturbed = submit(api, file);
      JsonNode whole = api.await(undisturbed, Api::ended);
      assertEquals("completed", whole.path("status").asText(), whole::toString);
      assertEquals(Set.of(firstNode), nodes(api, undisturbed));

      String disturbed = submit(api, file);
      api.await(disturbed, job -> job.path("chunks").path("done").asInt() >= 1);
      first.kill();
      assertTrue(!Api.ended(api.job(disturbed)), "killed in the middle");
      try (NodeProcess second = NodeProcess.start(data, "worker")) {
        JsonNode saved = api.await(disturbed, Api::ended);
        assertEquals("completed", saved.path("status").asText(), saved::toString);
        assertEquals(whole.path("text"), saved.path("text"));
        assertEquals(Set.copyOf(Set.of(firstNode, second.node())), nodes(api, disturbed));
      }
      String expected = (Recordings.JFK_WORDS + " ").repeat(TIMES).strip();
      assertEquals(expected, Recordings.words(whole.path("text").asText()));
    }
  }
}
