package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Task;
import io.sotto.protocol.Word;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptTest {
  private static Segment segment(double start, double end, String text) {
    return new Segment(start, end, text, List.of(50364, 400), 0, -0.25, 1.1, 0.02, List.of());
  }

  private static final Transcript TALK =
      new Transcript(
          Task.TRANSCRIBE,
          "en",
          3661.5,
          List.of(
              segment(0, 1.5, " Hello there."),
              segment(1.5, 62.345, " An --> arrow\tand a tab."),
              segment(3600, 3661.5, " The end.")),
          List.of());

  private static final Transcript SILENCE =
      new Transcript(Task.TRANSCRIBE, "en", 4, List.of(), List.of());

  @Test
  void textIsTheSegmentsOneAfterTheOther() {
    assertEquals("Hello there. An --> arrow\tand a tab. The end.\n", TALK.render(Format.TEXT));
    assertEquals(
        "{\"text\":\"\",\"usage\":{\"type\":\"duration\",\"seconds\":4}}",
        SILENCE.render(Format.JSON));
  }

  @Test
  void srtAsPlayersReadIt() {
    assertEquals(
        """
        1
        00:00:00,000 --> 00:00:01,500
        Hello there.

        2
        00:00:01,500 --> 00:01:02,345
        An -> arrow\tand a tab.

        3
        01:00:00,000 --> 01:01:01,500
        The end.

        """,
        TALK.render(Format.SRT));
    assertEquals("", SILENCE.render(Format.SRT));
  }

  @Test
  void vttLeavesHoursOutUntilThereAreSome() {
    String vtt = TALK.render(Format.VTT);
    assertTrue(vtt.startsWith("WEBVTT\n\n00:00.000 --> 00:01.500\nHello there.\n\n"), vtt);
    assertTrue(vtt.contains("01:00:00.000 --> 01:01:01.500\n"), vtt);
    assertEquals("WEBVTT\n\n", SILENCE.render(Format.VTT));
  }

  @Test
  void tsvIsMillisecondsAndOneLineASegment() {
    String[] lines = TALK.render(Format.TSV).split("\n");
    assertEquals("start\tend\ttext", lines[0]);
    assertEquals("1500\t62345\tAn --> arrow and a tab.", lines[2]);
    assertEquals(4, lines.length);
  }

  @Test
  void verboseJsonHasOpenAisFields() {
    JsonObject json = new JsonObject(TALK.render(Format.VERBOSE_JSON));
    assertEquals("english", json.getString("language"));
    assertEquals("transcribe", json.getString("task"));
    assertEquals(3661.5, json.getDouble("duration"));
    JsonObject second = json.getJsonArray("segments").getJsonObject(1);
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
        List.copyOf(second.fieldNames()));
    assertEquals(1, second.getInteger("id"));
    assertEquals(150, second.getInteger("seek"));
    assertEquals(400, second.getJsonArray("tokens").getInteger(1));
  }

  @Test
  void formatsHaveTheNamesOfTheApi() {
    for (Format format : Format.values()) {
      assertEquals(format, Format.parse(format.wire()).orElseThrow());
    }
    assertEquals(Format.TEXT, Format.parse("txt").orElseThrow());
    assertFalse(Format.parse("doc").isPresent());
  }

  @Test
  void languagesAreWhispers() {
    assertEquals(100, Languages.codes().size());
    assertEquals("german", Languages.name("de"));
    assertEquals("myanmar", Languages.name("my"));
    assertEquals("javanese", Languages.name("jw"));
    assertEquals("haitian creole", Languages.name("ht"));
    assertEquals("de", Languages.parse("German").orElseThrow());
    assertEquals("zh", Languages.parse("ZH").orElseThrow());
    assertTrue(Languages.parse("klingon").isEmpty());
    for (String code : Languages.codes()) {
      assertFalse(Languages.name(code).equals(code), "no English name for " + code);
    }
  }

  @Test
  void wordsAndDoubtsAreWrittenDown() {
    Segment spoken =
        new Segment(
            0,
            1,
            " Hello there.",
            List.of(1),
            0,
            -0.2,
            1,
            0.1,
            List.of(new Word(" Hello", 0, 0.5, 0.9), new Word(" there.", 0.5, 1, 0.8)),
            "repetition");
    Segment invented =
        new Segment(2, 3, " Bye.", List.of(1), 0, -1.2, 1, 0.9, List.of(), "no_speech");
    Transcript transcript =
        new Transcript(Task.TRANSCRIBE, "en", 4, List.of(spoken), List.of(invented));
    JsonObject json = new JsonObject(transcript.render(Format.VERBOSE_JSON));
    JsonObject segment = json.getJsonArray("segments").getJsonObject(0);
    assertEquals("repetition", segment.getString("doubt"));
    JsonArray words = segment.getJsonArray("words");
    assertEquals(
        segment.getString("text"),
        words.getJsonObject(0).getString("word") + words.getJsonObject(1).getString("word"));
    assertEquals(
        new JsonObject().put("word", "there.").put("start", 0.5).put("end", 1.0),
        json.getJsonArray("words").getJsonObject(1));
    assertEquals("Hello there.", json.getString("text"), "what was dropped is no text");
    assertEquals("no_speech", json.getJsonArray("dropped").getJsonObject(0).getString("doubt"));
  }
}
