package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.SottoNode;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's audio API with real speech: what fakes cannot say of texts and tokens. */
class OpenAiIT {
  @TempDir private static Path data;
  private static SottoNode node;
  private static Api api;

  @BeforeAll
  static void start() throws Exception {
    node = Nodes.start(data, Map.of());
    api = new Api(node.url());
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static HttpResponse<String> ask(String sample, String... fields) throws Exception {
    Map<String, String> form = new LinkedHashMap<>();
    for (int i = 0; i < fields.length; i += 2) {
      form.put(fields[i], fields[i + 1]);
    }
    HttpResponse<String> answer =
        api.upload(Api.OPENAI, Recordings.HOME.resolve("samples").resolve(sample), form);
    assertEquals(200, answer.statusCode(), answer.body());
    return answer;
  }

  /** R6: the tokens' bytes, one after the other, are the text, in scripts of several bytes too. */
  @ParameterizedTest
  @ValueSource(strings = {"jfk.wav", "ja-konnichiwa.wav", "zh-nihao.wav"})
  void logprobsAreOfTheTokensOfTheText(String sample) throws Exception {
    JsonNode said = Api.json(ask(sample, "include[]", "logprobs", "model", "gpt-4o-transcribe"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (JsonNode token : said.path("logprobs")) {
      assertTrue(token.path("logprob").asDouble(1) <= 0, token::toString);
      token.path("bytes").forEach(one -> bytes.write(one.asInt()));
    }
    String text = said.path("text").asText();
    assertFalse(text.isEmpty());
    assertEquals(text, bytes.toString(StandardCharsets.UTF_8).strip());
    assertEquals("duration", said.path("usage").path("type").asText());
  }

  /** Q6: one text, whether as json, as text, of segments or of words. */
  @ParameterizedTest
  @ValueSource(strings = {"jfk.wav", "fr-bonjour.wav", "zh-nihao.wav"})
  void theTextIsTheSameInEveryFormat(String sample) throws Exception {
    String text = Api.json(ask(sample)).path("text").asText();
    assertEquals(text + "\n", ask(sample, "response_format", "text").body());
    JsonNode both =
        Api.json(
            ask(
                sample,
                "response_format",
                "verbose_json",
                "timestamp_granularities[]",
                "[\"word\",\"segment\"]"));
    StringBuilder segments = new StringBuilder();
    StringBuilder words = new StringBuilder();
    for (JsonNode segment : both.path("segments")) {
      segments.append(segment.path("text").asText());
      segment.path("words").forEach(word -> words.append(word.path("word").asText()));
    }
    assertEquals(text, both.path("text").asText());
    assertEquals(text, segments.toString().strip());
    assertEquals(text, words.toString().strip());
  }

  /** Q8: more than OpenAI's 25 MB, which is not our limit; silence, which is soon heard. */
  @Test
  void q8ThirtyMegabytesAreTaken() throws Exception {
    Path minutes = Recordings.silence(data.resolve("minutes.wav"), 960);
    assertTrue(Files.size(minutes) > 30_000_000);
    HttpResponse<String> answer = api.upload(Api.OPENAI, minutes, Map.of());
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("", Api.json(answer).path("text").asText("missing"));
  }

  /** Q10: a recorder that was stopped at once has recorded nothing, and nothing was said. */
  @Test
  void aWavWithoutSamplesIsAnEmptyText() throws Exception {
    Path none = Recordings.silence(data.resolve("none.wav"), 0);
    HttpResponse<String> answer =
        api.upload(Api.OPENAI, none, Map.of("response_format", "verbose_json"));
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("", Api.json(answer).path("text").asText("missing"));
    assertEquals(0, Api.json(answer).path("usage").path("seconds").asInt(-1));
  }

  /** R9: what the model cannot do is the caller's mistake, and is told as one. */
  @Test
  void aLanguageThatTheModelLacksIsRefused() throws Exception {
    HttpResponse<String> answer = api.upload(Api.OPENAI, Recordings.JFK, Map.of("language", "yue"));
    assertEquals(400, answer.statusCode(), answer.body());
    assertEquals("false", answer.headers().firstValue("x-should-retry").orElseThrow());
    assertTrue(Api.json(answer).path("error").path("message").asText().contains("yue"));
  }
}
