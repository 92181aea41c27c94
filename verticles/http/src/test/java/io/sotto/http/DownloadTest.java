package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ClusterBus;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stored job as subtitles of any shape, without a model. */
class DownloadTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final HttpClient http = vertx.createHttpClient();
  private HttpVerticle server;
  private String download;

  @BeforeEach
  void start() {
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(9), "base");
    server = new HttpVerticle(options, jobs, new FakeAudioStore(), ClusterBus.open(vertx));
    await(vertx.deployVerticle(server));
    String id = new Client(vertx, server.port()).upload(null).id();
    FakeCluster.answer(jobs, " One two three, four five six.", 0.75);
    download = Client.JOBS + "/" + id + "/download?format=";
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private record Got(int status, String type, String body) {
    String param() {
      return new JsonObject(body).getJsonObject("error").getString("param");
    }
  }

  private Got get(String query) {
    return await(
        http.request(HttpMethod.GET, server.port(), "127.0.0.1", download + query)
            // whoever listens from another thread may come after the body
            .compose(request -> request.send().compose(DownloadTest::got)));
  }

  private static Future<Got> got(HttpClientResponse answer) {
    String type = answer.getHeader("Content-Type");
    return answer.body().map(body -> new Got(answer.statusCode(), type, body.toString()));
  }

  @Test
  void cuesHaveTheShapeThatIsAskedFor() {
    assertEquals(
        "1\n00:00:00,000 --> 00:00:10,000\nOne two three, four five six.\n\n", get("srt").body);
    String cut = get("srt&max_line_width=16&max_line_count=1&min_gap_ms=100").body;
    assertEquals(
        "1\n00:00:00,000 --> 00:00:04,900\nOne two three,\n\n"
            + "2\n00:00:05,000 --> 00:00:10,000\nfour five six.\n\n",
        cut);
    assertTrue(get("vtt&highlight_words=true").body.contains("<00:"), "karaoke");
    Got ttml = get("ttml&max_line_width=16&max_line_count=2");
    assertEquals("application/ttml+xml; charset=utf-8", ttml.type);
    assertTrue(ttml.body.contains(">One two three,<br/>four five six.</p>"), ttml.body);
    JsonArray cues =
        new JsonObject(get("verbose_json&max_words_per_line=3").body).getJsonArray("cues");
    assertEquals(2, cues.size());
    assertEquals(
        new JsonArray().add("four five six."), cues.getJsonObject(1).getJsonArray("lines"));
  }

  @Test
  void aShapeThatMakesNoSenseIsRefused() {
    for (String[] wrong :
        new String[][] {
          {"srt&max_line_width=0", "max_line_width"},
          {"srt&max_line_count=two", "max_line_count"},
          {"srt&max_words_per_line=99999999999", "max_words_per_line"},
          {"srt&highlight_words=yes", "highlight_words"},
          {"ttml&highlight_words=true", "highlight_words"},
          {"srt&max_chars_per_second=NaN", "max_chars_per_second"},
          {"srt&min_gap_ms=-1", "min_gap_ms"},
          {"srt&min_cue_ms=2000&max_cue_ms=1000", "min_cue_ms"},
          {"srt&max_cue_ms=1", "max_cue_ms"},
          {"txt&max_line_width=40", "max_line_width"}
        }) {
      Got refused = get(wrong[0]);
      assertEquals(400, refused.status, wrong[0]);
      assertEquals(wrong[1], refused.param(), wrong[0]);
    }
  }
}
