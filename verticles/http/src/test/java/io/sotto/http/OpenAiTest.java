package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.TokenLogprob;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.Word;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.Tenant;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * OpenAI's audio API as its clients see it. The letters name what other servers are known to get
 * wrong: R of requests, K of how SDKs write them, P of answers, Q of reports by users.
 */
class OpenAiTest {
  private static final String TRANSCRIPTIONS = "/v1/audio/transcriptions";
  private static final String TRANSLATIONS = "/v1/audio/translations";
  private static final String BOUNDARY = "frontier";
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String WORD = "timestamp_granularities[]";

  private static final Segment HELLO =
      new Segment(
          0.5,
          4.25,
          " Hello there.",
          List.of(50364, 2425, 456, 13),
          0,
          -0.2,
          1,
          0.1,
          List.of(new Word(" Hello", 0.5, 2, 0.9), new Word(" there.", 2, 4.25, 0.8)),
          null,
          List.of(
              new TokenLogprob(" Hello", -0.5, List.of(32, 72, 101, 108, 108, 111)),
              new TokenLogprob(" there", -0.25, List.of(32, 116, 104, 101, 114, 101)),
              new TokenLogprob(".", -0.125, List.of(46))));

  private static final Segment PLAIN =
      new Segment(4.5, 8, " Bye.", List.of(50364, 4621), 0, -0.2, 1, 0.1, List.of());

  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final NodeId node = NodeId.create();
  private final HttpClient client = vertx.createHttpClient();
  private HttpVerticle http;
  private JobId last;

  @BeforeEach
  void start() {
    http = serve(Duration.ofSeconds(20));
    await(jobs.register(node, "scheduler", "test", LONG));
  }

  private HttpVerticle serve(Duration timeout) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, timeout, "base")
            .withAliases(Map.of("whisper-1", "", "gpt-4o-transcribe", "", "house", "absent"));
    HttpVerticle verticle = new HttpVerticle(options, jobs, audio, bus);
    await(vertx.deployVerticle(verticle));
    return verticle;
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private record Answer(int status, MultiMap headers, String body) {
    JsonObject json() {
      return new JsonObject(body);
    }

    JsonObject error() {
      return json().getJsonObject("error");
    }

    Set<String> fields() {
      return json().fieldNames();
    }
  }

  private Future<Answer> send(HttpMethod method, String path, Buffer body, String... headers) {
    return client
        .request(method, http.port(), "127.0.0.1", path)
        .compose(
            request -> {
              request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
              for (int i = 0; i < headers.length; i += 2) {
                request.putHeader(headers[i], headers[i + 1]);
              }
              return request.send(body).compose(OpenAiTest::answer);
            });
  }

  private static Future<Answer> answer(HttpClientResponse response) {
    return response
        .body()
        .map(body -> new Answer(response.statusCode(), response.headers(), body.toString()));
  }

  private static Buffer form(String... fields) {
    Buffer form = Buffer.buffer();
    for (int i = 0; i < fields.length; i += 2) {
      form.appendString(
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
              .formatted(BOUNDARY, fields[i], fields[i + 1]));
    }
    return form.appendString(
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"upload\"\r\n\r\nabc\r\n--%s--\r\n"
            .formatted(BOUNDARY, BOUNDARY));
  }

  private Answer refused(String... fields) {
    return await(send(HttpMethod.POST, TRANSCRIPTIONS, form(fields)));
  }

  private Answer get(String path) {
    return await(send(HttpMethod.GET, path, Buffer.buffer()));
  }

  /** What the cluster does: 8.47 s in which {@code said} is said. */
  private Answer hears(String path, List<Segment> said, String... fields) {
    Future<Answer> answer = send(HttpMethod.POST, path, form(fields));
    Preparation upload = preparing();
    AudioKey key = AudioKey.chunk(new ChunkId(upload.job(), 0));
    List<PreparedChunk> chunks = List.of(new PreparedChunk(0, new Span(0, 8470), key, "ab", 9));
    ChunksPrepared.End end = new ChunksPrepared.End(1, 8470);
    await(
        jobs.recordChunks(
            new ChunksPrepared(upload.job(), upload.attempt(), node, chunks, 8470, end), LONG));
    Lease lease = await(jobs.claimChunks(node, node, List.of("base"), 1, LONG)).getFirst();
    ChunkTranscript.StageTimes times = new ChunkTranscript.StageTimes(1, 1, 1, 1, 1);
    ChunkTranscript text = new ChunkTranscript("fr", 1, said, "digest", times);
    await(jobs.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), node, text)));
    bus.publish(Addresses.HINTS, new JobChanged(upload.job(), JobState.COMPLETED));
    Answer answered = await(answer);
    assertEquals(200, answered.status, answered.body);
    return answered;
  }

  private Answer hears(String... fields) {
    return hears(TRANSCRIPTIONS, List.of(HELLO, PLAIN), fields);
  }

  private Preparation preparing() {
    Preparation upload =
        until(() -> jobs.claimPreparations(node, 1, LONG), claimed -> !claimed.isEmpty())
            .getFirst();
    last = upload.job();
    return upload;
  }

  /** The options of the last job that was heard. */
  private TranscriptionOptions options() {
    return await(jobs.find(Tenant.ONLY.id(), last)).orElseThrow().options();
  }

  /** P1, g2: the text and what was heard, nothing else. */
  @Test
  void p1JsonIsTheTextAndItsUsage() {
    Answer answer = hears("model", "whisper-1");
    assertEquals("application/json", answer.headers.get("Content-Type"));
    assertEquals(
        new JsonObject()
            .put("text", "Hello there. Bye.")
            .put("usage", new JsonObject().put("type", "duration").put("seconds", 9)),
        answer.json());
  }

  /** P2, g5, Q1, Q4, R5: without granularities there are segments, with all ten fields. */
  @ParameterizedTest
  @ValueSource(strings = {"", "segment"})
  void p2VerboseJsonHasSegmentsAndNoWords(String granularity) {
    Answer answer = hears("response_format", "verbose_json", WORD, granularity);
    JsonObject json = answer.json();
    assertEquals(
        List.of("task", "language", "duration", "text", "segments", "usage"),
        List.copyOf(answer.fields()));
    assertEquals("transcribe", json.getString("task"));
    assertEquals("french", json.getString("language"));
    assertEquals(8.47, json.getDouble("duration"));
    assertEquals(9, json.getJsonObject("usage").getInteger("seconds"));
    JsonObject segment = json.getJsonArray("segments").getJsonObject(1);
    assertEquals(
        List.of(
            "id",
            "seek",
            "start",
            "end",
            "text",
            "tokens",
            "temperature",
            "avg_logprob",
            "compression_ratio",
            "no_speech_prob"),
        List.copyOf(segment.fieldNames()));
    assertEquals(" Bye.", segment.getString("text"), "its space is kept");
  }

  /** g4, Q3, R5: with word alone there are words without spaces, and no segments. */
  @Test
  void p2WordsComeWithoutSegments() {
    Answer answer = hears("response_format", "verbose_json", WORD, "word");
    assertEquals(
        List.of("task", "language", "duration", "text", "words", "usage"),
        List.copyOf(answer.fields()));
    assertEquals(
        new JsonObject().put("word", "Hello").put("start", 0.5).put("end", 2.0),
        answer.json().getJsonArray("words").getJsonObject(0));
    assertEquals(Boolean.TRUE, options().decoding().wordTimestamps());
  }

  /** K1, g10: both, in every way that clients write a list. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timestamp_granularities[]|word|timestamp_granularities[]|segment",
        "timestamp_granularities|word|timestamp_granularities|segment",
        "timestamp_granularities|[\"word\",\"segment\"]|x|y",
        "timestamp_granularities[]|[\"segment\",\"word\"]|x|y",
        "timestamp_granularities|word,segment|x|y"
      })
  void k1BothInEveryWayThatAListIsWritten(String name, String one, String other, String two) {
    Answer answer = hears("response_format", "verbose_json", name, one, other, two);
    assertEquals(2, answer.json().getJsonArray("words").size());
    assertEquals(2, answer.json().getJsonArray("segments").size());
  }

  /** Q2: the plural is no granularity, and the message says what is one. */
  @Test
  void q2AnUnknownGranularityIsNamed() {
    Answer answer = refused("response_format", "verbose_json", WORD, "words");
    assertEquals(400, answer.status);
    assertEquals("timestamp_granularities", answer.error().getString("param"));
    assertTrue(answer.error().getString("message").contains("word, segment"), answer.body);
  }

  /** A client that sends granularities with every format gets its text, not an error. */
  @Test
  void granularitiesMeanNothingToOtherFormats() {
    assertEquals(Set.of("text", "usage"), hears(WORD, "word").fields());
  }

  /** P4, K5: what is not JSON does not say that it is, or openai-node would parse it. */
  @ParameterizedTest
  @CsvSource({
    "text, text/plain, 'Hello there. Bye.\n'",
    "srt, application/x-subrip, '1\n00:00:00,500 --> 00:00:04,250\nHello there.\n\n'",
    "vtt, text/vtt, 'WEBVTT\n\n00:00.500 --> 00:04.250\nHello there.\n\n'"
  })
  void p4TextAndSubtitlesArePlain(String format, String type, String begin) {
    Answer answer = hears("response_format", format);
    assertTrue(answer.headers.get("Content-Type").startsWith(type), format);
    assertTrue(answer.body.startsWith(begin), answer.body);
  }

  /** P4: of a translation the language is the one it was translated into. */
  @Test
  void p4ATranslationIsEnglish() {
    JsonObject verbose =
        hears(TRANSLATIONS, List.of(PLAIN), "response_format", "verbose_json").json();
    assertEquals("translate", verbose.getString("task"));
    assertEquals("english", verbose.getString("language"));
    assertEquals("Bye.", hears(TRANSLATIONS, List.of(PLAIN)).json().getString("text"));
  }

  /** R6, g3: tokens, whose bytes are the text; on the wire only when asked for. */
  @ParameterizedTest
  @ValueSource(strings = {"include[]", "include"})
  void r6LogprobsAreTheTokensOfTheText(String include) {
    JsonObject json = hears(TRANSCRIPTIONS, List.of(HELLO), include, "logprobs").json();
    JsonArray tokens = json.getJsonArray("logprobs");
    Buffer bytes = Buffer.buffer();
    for (int i = 0; i < tokens.size(); i++) {
      JsonObject token = tokens.getJsonObject(i);
      assertEquals(Set.of("token", "logprob", "bytes"), token.fieldNames());
      token.getJsonArray("bytes").forEach(b -> bytes.appendByte(((Integer) b).byteValue()));
    }
    assertEquals(HELLO.text(), bytes.toString(StandardCharsets.UTF_8));
    assertEquals(-0.25, tokens.getJsonObject(1).getDouble("logprob"));
    assertEquals(Boolean.TRUE, options().decoding().logprobs());
  }

  @Test
  void r6LogprobsOfSilenceAreNone() {
    assertEquals(
        new JsonArray(),
        hears(TRANSCRIPTIONS, List.of(), "include[]", "logprobs").json().getJsonArray("logprobs"));
    assertFalse(hears().fields().contains("logprobs"), "nobody asked");
    assertNull(options().decoding().logprobs());
  }

  /** Q6: whichever way it is asked for, the text is one: of segments, of words, of json. */
  @Test
  void q6TheTextIsTheSameInEveryFormat() {
    List<Segment> said = List.of(HELLO);
    String json = hears(TRANSCRIPTIONS, said).json().getString("text");
    JsonObject both =
        hears(
                TRANSCRIPTIONS,
                said,
                "response_format",
                "verbose_json",
                WORD,
                "word",
                WORD,
                "segment")
            .json();
    JsonObject segment = both.getJsonArray("segments").getJsonObject(0);
    String words =
        segment.getJsonArray("words").stream()
            .map(word -> ((JsonObject) word).getString("word"))
            .collect(Collectors.joining());
    assertEquals(json, both.getString("text"));
    assertEquals(json, segment.getString("text").strip());
    assertEquals(json, words.strip());
    assertEquals(
        json + "\n", hears(TRANSCRIPTIONS, said, "response_format", "text").body, "and as text");
  }

  /** Q10: nothing said is an answer, not an error. */
  @Test
  void q10SilenceIsAnEmptyText() {
    assertEquals("", hears(TRANSCRIPTIONS, List.of()).json().getString("text"));
    JsonObject verbose =
        hears(TRANSCRIPTIONS, List.of(), "response_format", "verbose_json", WORD, "word").json();
    assertEquals("", verbose.getString("text"));
    assertEquals(new JsonArray(), verbose.getJsonArray("words"), "Q3: never null");
    assertEquals("\n", hears(TRANSCRIPTIONS, List.of(), "response_format", "text").body);
  }

  /** R7, K1: both forms of a strategy are understood, and any that is right changes nothing. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chunking_strategy|auto",
        "chunking_strategy|{\"type\":\"server_vad\",\"threshold\":0.5,\"prefix_padding_ms\":300}",
        "chunking_strategy[type]|server_vad"
      })
  void r7AStrategyIsAccepted(String name, String value) {
    assertEquals(
        "Bye.", hears(TRANSCRIPTIONS, List.of(PLAIN), name, value).json().getString("text"));
  }

  /** R4, R6, R7, g8, P6: what cannot be had is refused, all four fields there, the field named. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "response_format|diarized_json|response_format",
        "response_format|yaml|response_format",
        "known_speaker_names[]|agent|known_speaker_names",
        "known_speaker_references[]|data:audio/wav;base64,AA|known_speaker_references",
        "include[]|usage|include",
        "temperature|1.5|temperature",
        "chunking_strategy|sometimes|chunking_strategy",
        "chunking_strategy|{}|chunking_strategy",
        "chunking_strategy|{\"type\":\"semantic\"}|chunking_strategy",
        "chunking_strategy[threshold]|0.5|chunking_strategy",
        "chunking_strategy|{\"type\":\"server_vad\",\"threshold\":2}|chunking_strategy[threshold]",
        "chunking_strategy|{\"type\":\"server_vad\",\"silence_duration_ms\":0.5}|chunking_strategy",
        "languages[]|klingon|languages",
        "language|klingon|language"
      })
  void p6WhatCannotBeHadIsNamed(String name, String value, String param) {
    Answer answer = refused(name, value);
    assertEquals(400, answer.status, answer.body);
    assertEquals(Set.of("message", "type", "param", "code"), answer.error().fieldNames());
    assertEquals("invalid_request_error", answer.error().getString("type"));
    assertEquals(param, answer.error().getString("param"), answer.body);
    assertEquals("false", answer.headers.get("x-should-retry"));
    until(() -> Future.succeededFuture(audio.keys()), List::isEmpty);
  }

  @Test
  void speakersAreNotThereYetAndTheMessageSaysSo() {
    for (Answer answer :
        List.of(
            refused("response_format", "diarized_json"), refused("known_speaker_names[]", "A"))) {
      assertTrue(answer.error().getString("message").contains("not told apart yet"), answer.body);
    }
  }

  @Test
  void logprobsNeedJson() {
    Answer answer = refused("include[]", "logprobs", "response_format", "verbose_json");
    assertEquals(400, answer.status);
    assertEquals("include", answer.error().getString("param"));
  }

  /** R3, R8, K1: languages and keywords steer, unknown and empty fields do nothing. */
  @Test
  void r8WhatIsUnknownIsIgnored() {
    hears(
        "languages[]",
        "en",
        "languages[]",
        "fr",
        "keywords[]",
        "Sotto",
        "keywords[]",
        "Vert.x",
        "vad_filter",
        "true",
        "user",
        "me",
        "prompt",
        "",
        "language",
        "",
        "temperature",
        "1e-1");
    TranscriptionOptions options = options();
    assertEquals(List.of("en", "fr"), options.decoding().languages());
    assertEquals("Sotto, Vert.x", options.decoding().hotwords());
    assertEquals(List.of(0.1), options.decoding().temperatures());
    assertNull(options.prompt());
    assertNull(options.language());
  }

  /** Q5, R2, g9: names of OpenAI's models are names of ours. */
  @ParameterizedTest
  @ValueSource(strings = {"whisper-1", "gpt-4o-transcribe", "base"})
  void q5EveryListedModelTranscribes(String model) {
    hears("model", model);
    assertEquals("base", options().model());
    JsonObject one = get("/v1/models/" + model).json();
    assertEquals(model, one.getString("id"));
    assertEquals("model", one.getString("object"));
    assertEquals("sotto", one.getString("owned_by"));
    long age = System.currentTimeMillis() / 1000 - one.getLong("created");
    assertTrue(age >= 0 && age < 600, one::encode);
    assertEquals(model.equals("base") ? null : "base", one.getString("alias_of"));
    JsonObject list = get("/v1/models").json();
    assertEquals("list", list.getString("object"));
    assertTrue(list.getJsonArray("data").contains(one), list::encode);
  }

  /** P7: a model that nobody has is not listed, and 404 by whichever name. */
  @ParameterizedTest
  @ValueSource(strings = {"house", "absent"})
  void p7AModelThatNobodyHasIsNotFound(String name) {
    assertEquals(3, get("/v1/models").json().getJsonArray("data").size());
    for (Answer answer : List.of(get("/v1/models/" + name), refused("model", name))) {
      assertEquals(404, answer.status);
      assertEquals("unknown_model", answer.error().getString("code"));
      assertEquals("model", answer.error().getString("param"));
    }
  }

  /** K4: sound that cannot be read is not sent again three times. */
  @Test
  void k4WhatFailsForGoodIsNotRetried() {
    Future<Answer> answer = send(HttpMethod.POST, TRANSCRIPTIONS, form());
    Preparation upload = preparing();
    await(
        jobs.failPreparation(
            new PreparationFailed(
                upload.job(), upload.attempt(), node, FailureCode.BAD_AUDIO, "no sound")));
    bus.publish(Addresses.HINTS, new JobChanged(upload.job(), JobState.FAILED));
    Answer failed = await(answer);
    assertEquals(400, failed.status);
    assertEquals("bad_audio", failed.error().getString("code"));
    assertEquals("false", failed.headers.get("x-should-retry"));
  }

  /** K2, K4: a job that goes on is not made anew, unless a key tells that it is the same. */
  @Test
  void k4ATimeoutIsRetriedOnlyWithAKey() {
    http = serve(Duration.ofMillis(100));
    Answer slow = refused();
    assertEquals(504, slow.status);
    assertEquals("false", slow.headers.get("x-should-retry"));
    Answer keyed = await(send(HttpMethod.POST, TRANSCRIPTIONS, form(), "Idempotency-Key", "a"));
    assertEquals(504, keyed.status);
    assertEquals("true", keyed.headers.get("x-should-retry"));
  }

  @Test
  void cancelledElsewhereIsAnEndAndNoRetry() {
    Future<Answer> answer = send(HttpMethod.POST, TRANSCRIPTIONS, form());
    JobId job = preparing().job();
    assertTrue(await(jobs.cancel(Tenant.ONLY.id(), job)));
    bus.publish(Addresses.HINTS, new JobChanged(job, JobState.CANCELLED));
    Answer cancelled = await(answer);
    assertEquals(409, cancelled.status);
    assertEquals("false", cancelled.headers.get("x-should-retry"));
    assertNotEquals(null, cancelled.headers.get("x-request-id"), "K5");
  }
}
