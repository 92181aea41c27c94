package io.sotto.http;

import io.sotto.protocol.Segment;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text of a job as it grows, chunk by chunk in the order of the recording. The deltas one after
 * the other are the text that json answers with: white space before the first word is left out, and
 * after the last one is kept back until a word follows. What a chunk adds depends on the chunks
 * before it alone, so every node makes the same deltas of a job at any time. Pure.
 */
final class Deltas {
  /** What Whisper's encoder makes of a second of sound. */
  private static final long AUDIO_TOKENS_PER_S = 50;

  private final StringBuilder text = new StringBuilder();
  private String spaces = "";
  private int next;
  private long tokens;
  private final JsonArray logprobs = new JsonArray();

  /** {@code seq}: the chunk that it comes from; {@code logprobs} is empty where none are there. */
  record Delta(int seq, String text, JsonArray logprobs) {
    JsonObject json() {
      return with(
          logprobs, new JsonObject().put("type", "transcript.text.delta").put("delta", text));
    }
  }

  private static JsonObject with(JsonArray logprobs, JsonObject event) {
    return logprobs.isEmpty() ? event : event.put("logprobs", logprobs);
  }

  /** The first chunk that is not in the text yet. */
  int next() {
    return next;
  }

  /**
   * Appends the chunks that {@code results} begins with, as far as they follow on without a gap.
   */
  List<Delta> append(List<ChunkResult> results) {
    List<Delta> deltas = new ArrayList<>();
    for (ChunkResult chunk : results) {
      if (chunk.seq() != next) {
        break;
      }
      String added = grow(chunk.transcript().segments());
      JsonArray sure = TranscriptJson.logprobs(chunk.transcript().segments());
      logprobs.addAll(sure);
      if (!added.isEmpty()) {
        deltas.add(new Delta(next, added, sure));
      }
      next++;
    }
    return deltas;
  }

  private String grow(List<Segment> segments) {
    tokens += segments.stream().mapToLong(segment -> segment.tokens().size()).sum();
    String said = spaces + segments.stream().map(Segment::text).collect(Collectors.joining());
    String more = text.isEmpty() ? said.stripLeading() : said;
    String words = more.stripTrailing();
    spaces = more.substring(words.length());
    text.append(words);
    return words;
  }

  /**
   * The last event. Tokens are Whisper's: fifty for a second of sound, and those that were written,
   * with the ones that mark times; a prompt is not counted.
   */
  JsonObject done(JobView job) {
    long ms = job.audioMs() == null ? 0 : job.audioMs();
    long audio = Math.ceilDiv(ms * AUDIO_TOKENS_PER_S, 1000);
    JsonObject event =
        new JsonObject().put("type", "transcript.text.done").put("text", text.toString());
    return with(logprobs, event)
        .put(
            "usage",
            new JsonObject()
                .put("type", "tokens")
                .put("input_tokens", audio)
                .put(
                    "input_token_details",
                    new JsonObject().put("audio_tokens", audio).put("text_tokens", 0))
                .put("output_tokens", tokens)
                .put("total_tokens", audio + tokens));
  }
}
