package io.sotto.scheduler.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.Word;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.sotto.storage.WebhookFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Both bodies of a webhook, and their bound. */
class PayloadTest {
  private static final JobId ID = JobId.parse("0192f000-0000-7000-8000-000000000001").orElseThrow();
  private static final String API = "https://speech.example";

  private static JobView job(JobState state, @Nullable FailureCode code, @Nullable String reason) {
    Instant begun = Instant.parse("2026-01-01T00:00:00Z");
    return new JobView(
        ID,
        1,
        state,
        new TranscriptionOptions("base", "en", Task.TRANSCRIBE, "a secret prompt"),
        "en",
        "\u0001".repeat(255),
        4711,
        "ab",
        61_500L,
        61_500,
        61_500,
        3,
        3,
        code,
        reason,
        begun,
        begun.plusSeconds(1),
        begun.plusSeconds(4),
        null);
  }

  private static List<ChunkResult> results(int chunks, String text) {
    List<ChunkResult> all = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      Word word = new Word(text, seq, seq + 1, 0.5);
      Segment segment = new Segment(seq, seq + 1, text, List.of(), 0, -0.1, 1, 0, List.of(word));
      ChunkTranscript transcript =
          new ChunkTranscript(
              "en", 1, List.of(segment), "d", new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
      all.add(new ChunkResult(seq, 1, new Span(0, 1), NodeId.create(), transcript));
    }
    return all;
  }

  private static JsonObject body(WebhookFormat format, JobView job, List<ChunkResult> results) {
    String event = "transcription." + job.state().wire();
    Buffer body = Payload.of(format, event, job, results, API);
    assertTrue(body.length() <= Payload.BODY_BYTES_MAX, () -> body.length() + " bytes");
    return body.toJsonObject();
  }

  @Test
  void aStandardEventSaysWhatBecameOfTheJobAndWhereTheRestIs() {
    JsonObject body =
        body(WebhookFormat.STANDARD, job(JobState.COMPLETED, null, null), results(2, " Hi"));
    assertEquals("transcription.completed", body.getString("type"));
    assertEquals("2026-01-01T00:00:04Z", body.getString("timestamp"));
    JsonObject data = body.getJsonObject("data");
    assertEquals(ID.toString(), data.getString("id"));
    assertEquals("completed", data.getString("status"));
    assertEquals("Hi Hi", data.getString("text"));
    assertFalse(data.getBoolean("text_truncated"));
    assertEquals(61.5, data.getDouble("duration_seconds"));
    assertEquals(
        API + "/api/v1/transcriptions/" + ID + "/download",
        data.getJsonObject("links").getString("transcript"));
    assertFalse(body.encode().contains("secret prompt"));
  }

  @Test
  void aFailureSaysWhy() {
    JobView failed = job(JobState.FAILED, FailureCode.BAD_AUDIO, "it is a text file");
    JsonObject data = body(WebhookFormat.STANDARD, failed, List.of()).getJsonObject("data");
    assertEquals("bad_audio", data.getJsonObject("error").getString("code"));
    assertNull(data.getString("text"));
    assertNull(data.getJsonObject("links").getString("transcript"));
    JsonObject callback = body(WebhookFormat.CALLBACK, failed, List.of());
    assertEquals("failed", callback.getString("status"));
    assertEquals("it is a text file", callback.getString("error_message"));
    JsonObject cancelled =
        body(WebhookFormat.CALLBACK, job(JobState.CANCELLED, null, null), List.of());
    assertEquals("failed", cancelled.getString("status"));
    assertEquals("the job was cancelled", cancelled.getString("error_message"));
  }

  @Test
  void aCallbackHasTheFieldsOfTheGuide() {
    JsonObject body =
        body(WebhookFormat.CALLBACK, job(JobState.COMPLETED, null, null), results(2, " Hi"));
    assertEquals(
        List.of(
            "status",
            "transcript_text",
            "s3_transcript_url",
            "error_message",
            "processing_duration_ms",
            "audio_duration_s",
            "segments",
            "speaker_segments",
            "metadata"),
        List.copyOf(body.fieldNames()));
    assertEquals("completed", body.getString("status"));
    assertEquals("Hi Hi", body.getString("transcript_text"));
    assertEquals(3000, body.getLong("processing_duration_ms"));
    assertEquals(61.5, body.getDouble("audio_duration_s"));
    JsonObject segment = body.getJsonArray("segments").getJsonObject(1);
    assertEquals("Hi", segment.getString("text"));
    assertEquals(0.5, segment.getJsonArray("words").getJsonObject(0).getDouble("score"));
    assertFalse(body.getJsonObject("metadata").getBoolean("truncated"));
  }

  @Test
  void whateverTheTextIsTheBodyKeepsItsBound() {
    JobView done = job(JobState.COMPLETED, null, null);
    for (String text : List.of("word ", "\"\\", "\u0001", "é", "日本", "\ud83d\ude00", "a\n")) {
      List<ChunkResult> much = results(400, text.repeat(100));
      for (WebhookFormat format : WebhookFormat.values()) {
        JsonObject body = body(format, done, much);
        JsonObject said = format == WebhookFormat.STANDARD ? body.getJsonObject("data") : body;
        String told = said.getString(format == WebhookFormat.STANDARD ? "text" : "transcript_text");
        assertTrue(told.length() > 500 && told.length() <= 8_000, () -> told.length() + text);
        assertFalse(Character.isHighSurrogate(told.charAt(told.length() - 1)));
      }
    }
    JobView failed = job(JobState.FAILED, FailureCode.INTERNAL, "\u0002".repeat(30_000));
    body(WebhookFormat.STANDARD, failed, List.of());
    body(WebhookFormat.CALLBACK, failed, List.of());
  }
}
