package io.sotto.http;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Task;
import io.sotto.protocol.TokenLogprob;
import io.sotto.protocol.Word;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * A transcript as OpenAI's API answers in json and verbose_json, with what Whisper's own JSON has
 * beside it ({@code words} and {@code doubt} of segments, {@code dropped}). Pure; times in seconds.
 */
final class TranscriptJson {
  private static final int FRAMES_PER_S = 100;

  private TranscriptJson() {}

  /** The text; with the tokens it is made of where {@code logprobs} wants them. */
  static JsonObject json(Transcript transcript, boolean logprobs) {
    JsonObject json = new JsonObject().put("text", transcript.text());
    if (logprobs) {
      json.put("logprobs", logprobs(transcript.segments()));
    }
    return json.put("usage", usage(transcript));
  }

  /** Everything there is of it. */
  static JsonObject verbose(Transcript transcript) {
    return verbose(transcript, true, !words(transcript).isEmpty());
  }

  /** As OpenAI: what was asked for is there though empty, and nothing else. */
  static JsonObject openAi(Transcript transcript, boolean segments, boolean words) {
    JsonObject json = verbose(transcript, segments, words);
    return transcript.task() == Task.TRANSLATE ? json.put("language", "english") : json;
  }

  private static JsonObject verbose(Transcript transcript, boolean segments, boolean words) {
    JsonObject json =
        new JsonObject()
            .put("task", transcript.task().wire())
            .put("language", Languages.name(transcript.language()))
            .put("duration", transcript.duration())
            .put("text", transcript.text());
    if (segments) {
      json.put("segments", json(transcript.segments()));
    }
    if (words) {
      json.put("words", words(transcript));
    }
    if (segments && !transcript.dropped().isEmpty()) {
      json.put("dropped", json(transcript.dropped()));
    }
    return json.put("usage", usage(transcript));
  }

  /** What a server that bills would bill: begun seconds of sound. */
  private static JsonObject usage(Transcript transcript) {
    return new JsonObject()
        .put("type", "duration")
        .put("seconds", (long) Math.ceil(transcript.duration()));
  }

  private static JsonArray words(Transcript transcript) {
    return new JsonArray(
        transcript.segments().stream()
            .flatMap(segment -> segment.words().stream())
            .map(TranscriptJson::openAi)
            .toList());
  }

  private static JsonArray json(List<Segment> segments) {
    JsonArray list = new JsonArray();
    for (Segment segment : segments) {
      list.add(json(segment, list.size()));
    }
    return list;
  }

  private static JsonObject json(Segment segment, int id) {
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("seek", Math.round(segment.start() * FRAMES_PER_S))
            .put("start", segment.start())
            .put("end", segment.end())
            .put("text", segment.text())
            .put("tokens", new JsonArray(List.copyOf(segment.tokens())))
            .put("temperature", segment.temperature())
            .put("avg_logprob", segment.avgLogprob())
            .put("compression_ratio", segment.compressionRatio())
            .put("no_speech_prob", segment.noSpeechProb());
    if (!segment.words().isEmpty()) {
      json.put(
          "words", new JsonArray(segment.words().stream().map(TranscriptJson::whisper).toList()));
    }
    if (segment.doubt() != null) {
      json.put("doubt", segment.doubt());
    }
    return json;
  }

  /** As openai/whisper: with the space before it, so that words together are the text. */
  private static JsonObject whisper(Word word) {
    return openAi(word).put("word", word.word()).put("probability", word.probability());
  }

  private static JsonObject openAi(Word word) {
    return new JsonObject()
        .put("word", word.word().strip())
        .put("start", word.start())
        .put("end", word.end());
  }

  /** Of all segments; one of a worker of before them has none. */
  static JsonArray logprobs(List<Segment> segments) {
    JsonArray list = new JsonArray();
    for (Segment segment : segments) {
      List<TokenLogprob> tokens = segment.logprobs();
      for (TokenLogprob token : tokens == null ? List.<TokenLogprob>of() : tokens) {
        list.add(
            new JsonObject()
                .put("token", token.token())
                .put("logprob", token.logprob())
                .put("bytes", new JsonArray(List.copyOf(token.bytes()))));
      }
    }
    return list;
  }
}
