package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.SottoNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real speech by the APIs of other servers, and as subtitles. */
class ShimIT {
  private static final int WAV_HEADER = 44;
  @TempDir private static Path data;

  @Test
  void clientsOfOtherServersAreUnderstood() throws Exception {
    Map<String, String> shims = Map.of("http.shims", "whisper-cpp,asr-webservice");
    try (SottoNode node = Nodes.start(data, shims)) {
      Api api = new Api(node.url());
      whisperCpp(api);
      asrWebservice(api);
      detectLanguage(api);
      subtitles(api);
    }
  }

  private static void whisperCpp(Api api) throws Exception {
    Map<String, String> fields =
        Map.of("temperature", "0.0", "temperature_inc", "0.2", "response_format", "verbose_json");
    HttpResponse<String> answer = api.upload("/inference", Recordings.JFK, fields);
    assertEquals(200, answer.statusCode(), answer.body());
    JsonNode said = Api.json(answer);
    assertEquals(Recordings.JFK_WORDS, Recordings.words(said.path("text").asText()));
    assertEquals("english", said.path("detected_language").asText());
    int words = 0;
    for (JsonNode segment : said.path("segments")) {
      words += segment.path("words").size();
    }
    assertEquals(22, words, answer.body());
  }

  /** As subtitle tools send it: samples that ffmpeg wrote, without a header. */
  private static void asrWebservice(Api api) throws Exception {
    byte[] wav = Files.readAllBytes(Recordings.JFK);
    byte[] samples = Arrays.copyOfRange(wav, WAV_HEADER, wav.length);
    HttpResponse<String> answer =
        api.upload(
            "/asr?task=transcribe&language=en&output=srt&encode=false",
            "audio_file",
            BodyPublishers.ofByteArray(samples),
            Map.of());
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(answer.body().startsWith("1\n00:00:00,"), answer.body());
    assertTrue(answer.body().contains("ask what you can do for your country."), answer.body());
  }

  private static void detectLanguage(Api api) throws Exception {
    HttpResponse<String> answer =
        api.upload(
            "/detect-language",
            "audio_file",
            BodyPublishers.ofFile(Recordings.HOME.resolve("samples/fr-bonjour.wav")),
            Map.of());
    JsonNode told = Api.json(answer);
    assertEquals("fr", told.path("language_code").asText(), answer.body());
    assertEquals("french", told.path("detected_language").asText());
    double confidence = told.path("confidence").asDouble();
    assertTrue(confidence > 0.3 && confidence <= 1, answer.body());
  }

  private static void subtitles(Api api) throws Exception {
    Map<String, String> fields =
        Map.of(
            "response_format", "vtt",
            "max_line_width", "24",
            "max_line_count", "1",
            "highlight_words", "true",
            "word_timestamps", "true");
    String vtt = api.upload(Api.OPENAI, Recordings.JFK, fields).body();
    String bare = vtt.replaceAll("<[\\d:.]+>", "");
    Matcher cues = Pattern.compile("(?m)^[\\d:.]+ --> [\\d:.]+\n(.+)\n\n").matcher(bare);
    StringBuilder said = new StringBuilder();
    while (cues.find()) {
      assertTrue(cues.group(1).length() <= 24, vtt);
      said.append(cues.group(1)).append(' ');
    }
    assertEquals(Recordings.JFK_WORDS, Recordings.words(said.toString()));
    assertTrue(vtt.matches("(?s).*<\\d\\d:\\d\\d\\.\\d{3}>country\\..*"), vtt);
  }
}
