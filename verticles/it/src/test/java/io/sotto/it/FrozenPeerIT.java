package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node goes on with its own work while the other half of the cluster is frozen. */
@Tag("waiting")
class FrozenPeerIT {
  private static final Logger LOG = LoggerFactory.getLogger(FrozenPeerIT.class);

  /** The frozen one counts as lost after 4 s; what it had in hand is done anew. */
  private static final Duration PAUSE_MAX = Duration.ofSeconds(12);

  /** Hazelcast gives a silent member up after 10 s: jobs are sent before, at and after that. */
  private static final int JOBS = 12;

  @TempDir private Path data;

  private static Duration transcribe(Api api) throws Exception {
    long begun = System.nanoTime();
    String id =
        Api.json(api.upload(Api.JOBS, Recordings.JFK, Map.of("language", "en")))
            .path("id")
            .asText();
    JsonNode job = api.await(id, Api::ended);
    assertEquals("completed", job.path("status").asText(), job::toString);
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  @Test
  void aNodeServesItselfWhileItsPeerIsFrozen() throws Exception {
    try (NodeProcess whole = NodeProcess.start(data, "http,ingest,scheduler,worker")) {
      // it runs the stores, since it was the first on the folder
      Api api = new Api(URI.create(whole.url()));
      try (NodeProcess peer = NodeProcess.start(data, "ingest,worker")) {
        peer.node();
        transcribe(api);
        transcribe(api);
        peer.freeze();
        try {
          assertSteady(api);
        } finally {
          peer.thaw();
        }
        transcribe(api);
      }
    }
  }

  private static void assertSteady(Api api) throws Exception {
    Duration longest = Duration.ZERO;
    for (int i = 0; i < JOBS; i++) {
      Duration took = transcribe(api);
      LOG.warn("job {} beside a frozen peer took {} ms", i, took.toMillis());
      longest = took.compareTo(longest) > 0 ? took : longest;
    }
    assertTrue(longest.compareTo(PAUSE_MAX) < 0, "a job took " + longest);
  }
}
