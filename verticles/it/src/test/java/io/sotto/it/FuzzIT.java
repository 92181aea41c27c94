package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Broken recordings and broken requests, drawn from a seed that is printed: every one is refused or
 * answered within ten seconds, nothing of the inside is told, and the node is as it was before.
 * {@code -Dsotto.fuzz=full} sends ten times as many from a new seed, {@code -Dsotto.fuzz.seed=N}
 * the same again; a build always sends the same, so that it fails by what was changed alone.
 */
@Tag("alone")
class FuzzIT {
  private static final boolean FULL = "full".equals(System.getProperty("sotto.fuzz"));
  private static final long SEED =
      Long.getLong("sotto.fuzz.seed", FULL ? System.nanoTime() & 0xffffff : 892_461);
  private static final int RECORDINGS = FULL ? 2_000 : 200;
  private static final int REQUESTS = FULL ? 10_000 : 1_000;
  private static final int AT_ONCE = 3;
  private static final int PATIENCE_MS = 10_000;
  private static final int WARMING = 30;
  private static final int GROWTH_MB_MAX = 160;
  private static final Pattern LEAK =
      Pattern.compile(
          "\\w+(Exception|Error)\\b(?!\")|\\bat"
              + " (io|java|org|com)\\.|\\b(io|com|org)\\.(sotto|vertx|netty|postgresql|amazonaws|hazelcast)|java\\.(lang|util|io|nio)\\.|/tmp/|/var/|/root/|\\bSELECT"
              + " |\\bINSERT |\\bUPDATE |jdbc:|root:x:|\\.java:\\d");
  @TempDir private Path data;
  private WatchedNode node;
  private Api api;

  @BeforeEach
  void start() throws Exception {
    System.out.println("FuzzIT: -Dsotto.fuzz.seed=" + SEED);
    node = new WatchedNode(data, Map.of("SOTTO_INGEST_AUDIO_MAX", "20s"));
    api = new Api(node.url());
  }

  @AfterEach
  void stop() {
    node.close();
  }

  /** One try by its number: what is wrong with its answer, or null. */
  private interface Try {
    String fault(int number, Random random) throws Exception;
  }

  private List<String> faults(int from, int count, Try each) throws Exception {
    List<Future<String>> tries = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(AT_ONCE)) {
      for (int i = from; i < from + count; i++) {
        int number = i;
        Random random = new Random(SEED + number * 1_000_003L);
        tries.add(clients.submit(() -> each.fault(number, random)));
      }
    }
    List<String> faults = new ArrayList<>();
    for (Future<String> tried : tries) {
      if (tried.get() != null) {
        faults.add(tried.get());
      }
    }
    return faults;
  }

  private void survives(int count, Try each) throws Exception {
    assertWorks();
    assertEquals(List.of(), faults(0, WARMING, each));
    node.blocked(); // those of its start are not asked about
    long before = node.residentMb();
    List<String> faults = faults(WARMING, count - WARMING, each);
    assertTrue(node.alive(), node::lastWords);
    assertEquals(List.of(), faults, "seed " + SEED);
    assertWorks();
    long after = node.residentMb();
    System.out.printf(
        "FuzzIT: %d tries, seed %d, %d MiB before and %d MiB after%n", count, SEED, before, after);
    assertTrue(after - before < GROWTH_MB_MAX, "grew from " + before + " to " + after + " MiB");
    assertEquals(List.of(), node.blocked(), "no event loop was held up");
  }

  /** Ready, and not deaf: known speech comes out word for word. */
  private void assertWorks() throws Exception {
    HttpResponse<String> ready = new Api(node.management()).get("/health/ready");
    assertEquals(200, ready.statusCode(), ready.body());
    HttpResponse<String> said = api.upload(Api.OPENAI, Recordings.JFK, Map.of("language", "en"));
    assertEquals(200, said.statusCode(), said.body());
    assertEquals(Recordings.JFK_WORDS, Recordings.words(Api.json(said).path("text").asText()));
  }

  @Test
  @Timeout(3_600)
  void brokenRecordings() throws Exception {
    AudioMutations mutations = new AudioMutations();
    URI server = node.url();
    survives(
        RECORDINGS,
        (number, random) -> {
          byte[] recording = mutations.next(random);
          String name = mutations.name(random);
          String what = "recording " + number + ", " + recording.length + " bytes as " + name;
          return judged(what, server, Forms.upload(Api.OPENAI, name, recording));
        });
  }

  @Test
  @Timeout(3_600)
  void brokenRequests() throws Exception {
    URI server = node.url();
    survives(
        REQUESTS,
        (number, random) -> {
          RawHttp.Request request = RequestMutations.next(random);
          String bytes = new String(request.bytes(), java.nio.charset.StandardCharsets.ISO_8859_1);
          String shown = bytes.substring(0, Math.min(300, bytes.length()));
          return judged("request " + number + " " + shown, server, request);
        });
  }

  private static String judged(String what, URI server, RawHttp.Request request) throws Exception {
    RawHttp.Answer answer = new RawHttp(server, PATIENCE_MS).send(request);
    if (answer.late()) {
      return what + ": no answer in " + PATIENCE_MS + " ms, only " + answer.head();
    }
    if (request.whole() && answer.status() == 0) {
      return what + ": no answer but " + answer.head();
    }
    if (answer.status() >= 500 && !(answer.status() == 503 && answer.has("Retry-After"))) {
      return what + ": " + answer.head() + answer.body();
    }
    Matcher leak = LEAK.matcher(answer.body());
    return answer.status() != 200 && leak.find() ? what + ": tells " + answer.body() : null;
  }
}
