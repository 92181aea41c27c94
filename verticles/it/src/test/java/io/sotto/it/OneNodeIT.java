package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.SottoNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole way in one process: real speech through HTTP, S3, PostgreSQL, the bus and the engine.
 */
class OneNodeIT {
  private static final int UPLOAD_MAX = 8 << 20;
  @TempDir private static Path data;
  @TempDir private Path folder;
  private static SottoNode node;
  private static Api api;

  @BeforeAll
  static void start() throws Exception {
    node = Nodes.start(data, Map.of("http.upload-bytes-max", "8MiB"));
    api = new Api(node.url());
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String submit(Path file, String... fields) throws Exception {
    Map<String, String> form = fields.length == 0 ? Map.of() : Map.of(fields[0], fields[1]);
    HttpResponse<String> answer = api.upload(Api.JOBS, file, form);
    assertEquals(202, answer.statusCode(), answer.body());
    String id = Api.json(answer).path("id").asText();
    assertEquals(Api.JOBS + "/" + id, answer.headers().firstValue("Location").orElseThrow());
    return id;
  }

  /** Files of the stores and of ingest; folders may go while they are listed. */
  private static List<String> left() throws Exception {
    List<String> files = new ArrayList<>();
    for (String folder : List.of("s3/objects", "ingest")) {
      Files.walkFileTree(
          data.resolve(folder),
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              files.add(file.toString());
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException gone) {
              return FileVisitResult.CONTINUE;
            }
          });
    }
    return files;
  }

  /** The cleaner comes by within seconds of a job's end. */
  private static void assertNothingIsLeft() throws Exception {
    long deadline = System.nanoTime() + 30_000_000_000L;
    for (List<String> files = left(); !files.isEmpty(); files = left()) {
      assertTrue(System.nanoTime() < deadline, "left behind: " + files);
      api.get("/v1/models");
    }
  }

  @Test
  void aJobGoesTheWholeWay() throws Exception {
    String id = submit(Recordings.JFK);
    JsonNode job = api.await(id, Api::ended);
    assertEquals("completed", job.path("status").asText(), job::toString);
    assertEquals(Recordings.JFK_WORDS, Recordings.words(job.path("text").asText()));
    assertEquals(100, job.path("progress").asInt());
    assertEquals(11.0, job.path("duration_seconds").asDouble());
    assertEquals("en", job.path("language").asText());
    JsonNode chunk = Api.json(api.get(Api.JOBS + "/" + id + "/chunks")).path("data").path(0);
    assertEquals(node.id().toString(), chunk.path("node").asText());
    assertEquals(1, chunk.path("attempt").asInt());
    assertTrue(chunk.path("milliseconds").path("encode").asDouble() > 1, chunk::toString);
    String srt = api.get(Api.JOBS + "/" + id + "/download?format=srt").body();
    assertTrue(srt.startsWith("1\n00:00:00,") && srt.contains(" --> "), srt);
    assertNothingIsLeft();
  }

  @Test
  void wordsAreTimedAndTogetherAreTheText() throws Exception {
    Map<String, String> wanted =
        Map.of(
            "response_format", "verbose_json",
            "timestamp_granularities[]", "[\"word\",\"segment\"]",
            "beam_size", "5",
            "hotwords", "Kennedy",
            "languages", "en,de");
    JsonNode said = Api.json(api.upload(Api.OPENAI, Recordings.JFK, wanted));
    assertEquals(Recordings.JFK_WORDS, Recordings.words(said.path("text").asText()));
    StringBuilder words = new StringBuilder();
    StringBuilder segments = new StringBuilder();
    double last = 0;
    for (JsonNode segment : said.path("segments")) {
      segments.append(segment.path("text").asText());
      for (JsonNode word : segment.path("words")) {
        words.append(word.path("word").asText());
        assertTrue(word.path("start").asDouble() >= last, word::toString);
        assertTrue(word.path("end").asDouble() >= word.path("start").asDouble(), word::toString);
        last = word.path("end").asDouble();
      }
    }
    assertEquals(segments.toString(), words.toString());
    assertEquals(said.path("text").asText(), words.toString().strip());
    assertEquals(22, said.path("words").size(), said::toString);
    JsonNode ask = said.path("words").path(5);
    assertEquals("ask", ask.path("word").asText());
    assertEquals(3.5, ask.path("start").asDouble(), 0.5, "President Kennedy pauses before it");
  }

  @Test
  void aWishThatCannotBeMetIsRefusedAtOnce() throws Exception {
    HttpResponse<String> answer = api.upload(Api.OPENAI, Recordings.JFK, Map.of("beam_size", "99"));
    assertEquals(400, answer.statusCode());
    assertEquals("beam_size", Api.json(answer).path("error").path("param").asText());
  }

  /** Q7: times go on beyond the first thirty seconds, to the end of the recording. */
  @Test
  void aLongRecordingIsCutAndPutTogether() throws Exception {
    Path minutes = Recordings.repeated(folder.resolve("minutes.wav"), 8, 700);
    String id = submit(minutes, "language", "en");
    JsonNode job = api.await(id, Api::ended);
    String expected = (Recordings.JFK_WORDS + " ").repeat(8).strip();
    assertEquals(expected, Recordings.words(job.path("text").asText()));
    JsonNode chunks = Api.json(api.get(Api.JOBS + "/" + id + "/chunks")).path("data");
    assertTrue(chunks.size() >= 4, chunks::toString);
    double end = 0;
    JsonNode verbose = Api.json(api.get(Api.JOBS + "/" + id + "/download?format=verbose_json"));
    for (JsonNode segment : verbose.path("segments")) {
      assertTrue(segment.path("start").asDouble() >= end - 0.01, segment::toString);
      end = segment.path("end").asDouble();
    }
    assertEquals(8 * 11.7, verbose.path("duration").asDouble(), 0.01);
    assertTrue(end > 8 * 11.7 - 2.5 && end <= 8 * 11.7, "last segment ends at " + end);
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "text", "srt", "vtt", "verbose_json"})
  void openAiAnswersInEveryFormat(String format) throws Exception {
    HttpResponse<String> answer =
        api.upload(
            Api.OPENAI,
            Recordings.HOME.resolve("samples/en-fox.wav"),
            Map.of("response_format", format, "model", "whisper-1", "language", "en"));
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains("quick brown fox"), answer.body());
  }

  @Test
  void translationsAreEnglish() throws Exception {
    HttpResponse<String> answer =
        api.upload(
            "/v1/audio/translations",
            Recordings.HOME.resolve("samples/fr-bonjour.wav"),
            Map.of("response_format", "text"));
    assertTrue(Recordings.words(answer.body()).contains("world"), answer.body());
  }

  @Test
  void silenceIsNoErrorAndNoText() throws Exception {
    HttpResponse<String> answer =
        api.upload(Api.OPENAI, Recordings.silence(folder.resolve("s.wav"), 4), Map.of());
    assertEquals(200, answer.statusCode());
    assertEquals("", Api.json(answer).path("text").asText("missing"));
    assertNothingIsLeft();
  }

  @Test
  void badFilesAreRefusedWithAReason() throws Exception {
    Path text = Files.writeString(folder.resolve("t.wav"), "Dear Sir or Madam,\n".repeat(99));
    assertRefused(text, 415, "unsupported_media", "not audio or video");
    assertRefused(Files.createFile(folder.resolve("e.wav")), 400, "bad_audio", "empty");
    String id = submit(text);
    JsonNode job = api.await(id, Api::ended);
    assertEquals("failed", job.path("status").asText());
    assertEquals("unsupported_media", job.path("error").path("code").asText());
    assertNothingIsLeft();
  }

  private static void assertRefused(Path file, int status, String code, String reason)
      throws Exception {
    HttpResponse<String> answer = api.upload(Api.OPENAI, file, Map.of());
    assertEquals(status, answer.statusCode(), answer.body());
    JsonNode error = Api.json(answer).path("error");
    assertEquals(code, error.path("code").asText());
    assertTrue(error.path("message").asText().contains(reason), error::toString);
  }

  @Test
  void anUploadBeyondTheLimitLeavesNothing() throws Exception {
    byte[] block = new byte[1 << 20];
    Arrays.fill(block, (byte) 7);
    InputStream endless =
        new InputStream() {
          private int given;

          @Override
          public int read() {
            return given++ > 2 * UPLOAD_MAX ? -1 : 7;
          }

          @Override
          public int read(byte[] into, int at, int length) {
            if (given > 2 * UPLOAD_MAX) {
              return -1;
            }
            int n = Math.min(length, block.length);
            System.arraycopy(block, 0, into, at, n);
            given += n;
            return n;
          }
        };
    try {
      HttpResponse<String> answer =
          api.upload(Api.JOBS, BodyPublishers.ofInputStream(() -> endless), Map.of());
      assertEquals(413, answer.statusCode(), answer.body());
    } catch (IOException cutOff) {
      // the server hung up while the client still sent: as good an answer as this client hears
      assertTrue(String.valueOf(cutOff).length() > 0);
    }
    assertNothingIsLeft();
  }

  @Test
  void aRepeatedKeyIsTheSameJob() throws Exception {
    String key = UUID.randomUUID().toString();
    Path fox = Recordings.HOME.resolve("samples/en-fox.wav");
    HttpResponse<String> first =
        api.upload(Api.JOBS, fox, Map.of("language", "en"), "Idempotency-Key", key);
    HttpResponse<String> again =
        api.upload(Api.JOBS, fox, Map.of("language", "en"), "Idempotency-Key", key);
    HttpResponse<String> other =
        api.upload(Api.JOBS, fox, Map.of("language", "de"), "Idempotency-Key", key);
    assertEquals(
        List.of(202, 200, 422),
        List.of(first.statusCode(), again.statusCode(), other.statusCode()));
    assertEquals(Api.json(first).path("id"), Api.json(again).path("id"));
    api.await(Api.json(first).path("id").asText(), Api::ended);
    assertNothingIsLeft();
  }

  @Test
  void aCancelledJobStaysCancelled() throws Exception {
    String id = submit(Recordings.repeated(folder.resolve("long.wav"), 12, 600));
    assertEquals(200, api.post(Api.JOBS + "/" + id + "/cancel").statusCode());
    assertEquals(409, api.post(Api.JOBS + "/" + id + "/cancel").statusCode());
    assertEquals("cancelled", api.job(id).path("status").asText());
    assertNothingIsLeft();
    assertEquals(200, api.delete(Api.JOBS + "/" + id).statusCode());
    assertEquals(404, api.get(Api.JOBS + "/" + id).statusCode());
    assertNothingIsLeft();
  }

  @Test
  void mistakesNameTheirField() throws Exception {
    Path fox = Recordings.HOME.resolve("samples/en-fox.wav");
    for (String[] mistake :
        new String[][] {
          {"language", "xx", "400"}, {"model", "none", "404"}, {"response_format", "doc", "400"}
        }) {
      HttpResponse<String> answer = api.upload(Api.OPENAI, fox, Map.of(mistake[0], mistake[1]));
      assertEquals(Integer.parseInt(mistake[2]), answer.statusCode(), answer.body());
      assertEquals(mistake[0], Api.json(answer).path("error").path("param").asText());
    }
    assertEquals(404, api.get(Api.JOBS + "/" + UUID.randomUUID()).statusCode());
    assertEquals(404, api.get("/nowhere").statusCode());
    assertNothingIsLeft();
  }
}
