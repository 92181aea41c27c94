package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of other servers, their requests written as they write them. */
class ShimTest {
  private static final String BOUNDARY = "frontier";
  private static final String SAID = " Ask not.";
  private static final byte[] SOUND = {1, 2, 3, 4, 5, 6};
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final HttpClient client = vertx.createHttpClient();
  private HttpVerticle http;

  @BeforeEach
  void start() {
    http = serve(Set.of(Shim.values()));
  }

  private HttpVerticle serve(Set<Shim> shims) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(20), "base").with(shims);
    HttpVerticle server = new HttpVerticle(options, jobs, audio, bus);
    await(vertx.deployVerticle(server));
    return server;
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private record Answer(int status, MultiMap headers, String body) {
    JsonObject json() {
      return new JsonObject(body);
    }

    String param() {
      return json().getJsonObject("error").getString("param");
    }
  }

  private Future<Answer> send(HttpVerticle to, String path, String file, String... fields) {
    Buffer form = Buffer.buffer();
    for (int i = 0; i < fields.length; i += 2) {
      form.appendString(
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
              .formatted(BOUNDARY, fields[i], fields[i + 1]));
    }
    form.appendString(
            "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"a b.wav\"\r\n\r\n"
                .formatted(BOUNDARY, file))
        .appendBytes(SOUND)
        .appendString("\r\n--" + BOUNDARY + "--\r\n");
    return client
        .request(HttpMethod.POST, to.port(), "127.0.0.1", path)
        .compose(
            request -> {
              request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
              return request
                  .send(form)
                  .compose(
                      got ->
                          got.body()
                              .map(
                                  body ->
                                      new Answer(
                                          got.statusCode(), got.headers(), body.toString())));
            });
  }

  /** The answer once the job is done by a cluster that says {@link #SAID}. */
  private Answer transcribed(String path, String file, String... fields) {
    Future<Answer> sent = send(http, path, file, fields);
    until(
        () -> Future.succeededFuture(sent.isComplete() || FakeCluster.answer(jobs, SAID, 0.75)),
        done -> done);
    Answer answer = await(sent);
    assertEquals(200, answer.status, answer.body);
    return answer;
  }

  private TranscriptionOptions lastAsked() {
    JobId last = jobs.rows().getLast().id();
    return await(jobs.find(1, last)).orElseThrow().options();
  }

  @Test
  void thereAreNoneUnlessTheyAreSwitchedOn() {
    HttpVerticle plain = serve(Set.of());
    HttpVerticle half = serve(Set.of(Shim.WHISPER_CPP));
    assertEquals(404, await(send(plain, "/inference", "file")).status);
    assertEquals(404, await(send(plain, "/asr", "audio_file")).status);
    assertEquals(404, await(send(half, "/detect-language", "audio_file")).status);
    assertEquals(400, await(send(half, "/inference", "other")).status);
    assertEquals(List.of(), jobs.rows());
  }

  @Test
  void whisperCppAnswersInItsShapes() {
    assertEquals(
        new JsonObject().put("text", SAID + "\n"), transcribed("/inference", "file").json());
    Answer text = transcribed("/inference", "file", "response_format", "text");
    assertEquals(SAID + "\n", text.body);
    assertEquals("text/plain; charset=utf-8", text.headers.get("Content-Type"));
    assertEquals(
        "1\n00:00:00,000 --> 00:00:10,000\nAsk not.\n\n",
        transcribed("/inference", "file", "response_format", "srt").body);
    assertTrue(
        transcribed("/inference", "file", "response_format", "vtt", "max_len", "4")
            .body
            .startsWith("WEBVTT\n\n00:00.000 --> 00:04.444\nAsk\n\n"));
  }

  @Test
  void whisperCppsVerboseJsonHasItsFields() {
    JsonObject json = transcribed("/inference", "file", "response_format", "verbose_json").json();
    assertEquals("english", json.getString("detected_language"));
    assertEquals(0.75, json.getDouble("detected_language_probability"));
    assertEquals(new JsonObject().put("en", 0.75), json.getJsonObject("language_probabilities"));
    JsonObject segment = json.getJsonArray("segments").getJsonObject(0);
    assertEquals(new JsonArray().add(400), segment.getJsonArray("tokens"), "text alone");
    assertEquals(10.0, segment.getDouble("end"));
    JsonObject timeless =
        transcribed(
                "/inference", "file", "response_format", "verbose_json", "no_timestamps", "true")
            .json();
    assertNull(timeless.getJsonArray("segments").getJsonObject(0).getValue("start"));
  }

  @Test
  void whisperCppsFieldsMeanWhatTheyMeanThere() {
    transcribed(
        "/inference",
        "file",
        "temperature",
        "0.00",
        "temperature_inc",
        "0.4",
        "beam_size",
        "-1",
        "best_of",
        "3",
        "no_speech_thold",
        "0.5",
        "translate",
        "yes",
        "prompt",
        "Kennedy",
        "language",
        "de",
        "vad",
        "true",
        "entropy_thold",
        "2.4",
        "offset_t",
        "0");
    TranscriptionOptions asked = lastAsked();
    assertEquals("de", asked.language());
    assertEquals(Task.TRANSLATE, asked.task());
    assertEquals("Kennedy", asked.prompt());
    assertEquals(List.of(0.0, 0.4, 0.8), asked.decoding().temperatures());
    assertNull(asked.decoding().beamSize());
    assertEquals(3, asked.decoding().bestOf());
    assertEquals(0.5, asked.decoding().noSpeechThreshold());
  }

  @Test
  void whatCannotBeHonouredIsRefusedByItsName() {
    for (String[] wrong :
        new String[][] {
          {"offset_t", "1000"},
          {"duration", "5000"},
          {"diarize", "true"},
          {"offset_n", "2"},
          {"temperature", "hot"},
          {"temperature_inc", "0.001"},
          {"max_len", "-3"},
          {"response_format", "doc"},
          {"language", "klingon"},
          {"beam_size", "99"}
        }) {
      Answer refused = await(send(http, "/inference", "file", wrong));
      assertEquals(400, refused.status, refused.body);
      assertEquals(wrong[0], refused.param());
    }
    for (String wrong : List.of("output=doc", "diarize=true", "encode=maybe", "task=sing")) {
      Answer refused = await(send(http, "/asr?" + wrong, "audio_file"));
      assertEquals(400, refused.status, refused.body);
      assertEquals(wrong.substring(0, wrong.indexOf('=')), refused.param());
    }
    assertEquals("audio_file", await(send(http, "/asr", "file")).param());
    until(() -> Future.succeededFuture(audio.keys()), List::isEmpty);
  }

  @Test
  void asrAnswersTextFilesOfEveryFormat() {
    Answer txt = transcribed("/asr?task=translate&language=de&initial_prompt=Hm", "audio_file");
    assertEquals("Ask not.\n", txt.body);
    assertEquals("sotto", txt.headers.get("Asr-Engine"));
    assertEquals("attachment; filename=\"a%20b.wav.txt\"", txt.headers.get("Content-Disposition"));
    TranscriptionOptions asked = lastAsked();
    assertEquals(List.of("de", "Hm"), List.of(asked.language(), asked.prompt()));
    assertEquals(Task.TRANSLATE, asked.task());
    assertEquals(
        "start\tend\ttext\n0\t10000\tAsk not.\n",
        transcribed("/asr?output=tsv", "audio_file").body);
    Answer json = transcribed("/asr?output=json&word_timestamps=True", "audio_file");
    assertEquals("text/plain; charset=utf-8", json.headers.get("Content-Type"));
    assertEquals("en", json.json().getString("language"));
    assertEquals(SAID, json.json().getJsonArray("segments").getJsonObject(0).getString("text"));
    assertEquals(Boolean.TRUE, lastAsked().decoding().wordTimestamps());
    assertTrue(transcribed("/asr?output=vtt", "audio_file").body.startsWith("WEBVTT\n\n"));
  }

  @Test
  void samplesWithoutAHeaderGetOne() {
    transcribed("/asr?encode=false&output=srt", "audio_file");
    byte[] stored = audio.open("fake:" + audio.keys().getLast());
    assertEquals("RIFF", new String(stored, 0, 4));
    assertArrayEquals(SOUND, Arrays.copyOfRange(stored, 44, stored.length));
  }

  @Test
  void theLanguageIsToldWithItsProbability() {
    assertEquals(
        new JsonObject()
            .put("detected_language", "english")
            .put("language_code", "en")
            .put("confidence", 0.75),
        transcribed("/detect-language?encode=true", "audio_file").json());
  }

  @Test
  void whoHangsUpWantsNothing() {
    HttpClientRequest[] sent = {null};
    Buffer form =
        Buffer.buffer(
                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
                    .formatted(BOUNDARY))
            .appendBytes(SOUND)
            .appendString("\r\n--" + BOUNDARY + "--\r\n");
    await(
        client
            .request(HttpMethod.POST, http.port(), "127.0.0.1", "/inference")
            .compose(
                request -> {
                  sent[0] = request;
                  request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
                  return request.end(form);
                }));
    until(() -> Future.succeededFuture(jobs.rows()), rows -> rows.size() == 1);
    sent[0].connection().close();
    until(
        () -> Future.succeededFuture(jobs.rows().getFirst().state()),
        state -> state.wire().equals("cancelled"));
  }
}
