package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sotto.http.Deltas.Delta;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TokenLogprob;
import io.sotto.storage.JobStore.ChunkResult;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DeltasTest {
  private static ChunkResult chunk(int seq, String... texts) {
    List<Segment> segments = new ArrayList<>();
    for (String text : texts) {
      segments.add(new Segment(0, 1, text, List.of(7, 8, 9), 0, -0.1, 1, 0, List.of()));
    }
    ChunkTranscript transcript =
        new ChunkTranscript("en", 1, segments, "d", new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    return new ChunkResult(seq, 1, new Span(seq, seq + 1), NodeId.create(), transcript);
  }

  private static Delta delta(int seq, String text) {
    return new Delta(seq, text, new JsonArray());
  }

  /** P5: with the event that brings the words, and all of them with the last. */
  @Test
  void tokensComeWhereTheyAreThere() {
    var sure = List.of(new TokenLogprob(" Ask", -0.25, List.of(32, 65, 115, 107)));
    Segment segment = new Segment(0, 1, " Ask", List.of(7), 0, -0.25, 1, 0, List.of(), null, sure);
    ChunkTranscript transcript =
        new ChunkTranscript(
            "en", 1, List.of(segment), "d", new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    Deltas deltas = new Deltas();
    ChunkResult chunk = new ChunkResult(0, 1, new Span(0, 1), NodeId.create(), transcript);
    JsonObject first = deltas.append(List.of(chunk)).getFirst().json();
    JsonArray tokens =
        new JsonArray(
            List.of(
                new JsonObject()
                    .put("token", " Ask")
                    .put("logprob", -0.25)
                    .put("bytes", new JsonArray(List.of(32, 65, 115, 107)))));
    assertEquals(tokens, first.getJsonArray("logprobs"));
    deltas.append(List.of(chunk(1, " not.")));
  }

  @Test
  void deltasAreTheTextInPieces() {
    Deltas deltas = new Deltas();
    assertEquals(List.of(), deltas.append(List.of(chunk(0), chunk(1, " "))));
    assertEquals(
        List.of(delta(2, "Ask not."), delta(3, " Ask  again")),
        deltas.append(List.of(chunk(2, " Ask", " not."), chunk(3, " Ask ", " again ", " "))));
    assertEquals(4, deltas.next());
    assertEquals(List.of(), deltas.append(List.of(chunk(5, " later"))), "4 is missing");
    assertEquals(List.of(), deltas.append(List.of(chunk(4, " "))));
    assertEquals(List.of(delta(5, "    later")), deltas.append(List.of(chunk(5, " later"))));
  }

  /** Whatever the chunks hold and however they come in: the text of json. */
  @Test
  void deltasTogetherAreTheTextOfJson() {
    String[] words = {" a", "b", " ", "\n", "", " c. ", "  ", "\u3000", " déjà "};
    Random random = new Random(11);
    for (int round = 0; round < 2_000; round++) {
      List<ChunkResult> chunks = new ArrayList<>();
      for (int seq = 0; seq < random.nextInt(8); seq++) {
        String[] texts = new String[random.nextInt(4)];
        for (int i = 0; i < texts.length; i++) {
          texts[i] = words[random.nextInt(words.length)];
        }
        chunks.add(chunk(seq, texts));
      }
      Deltas deltas = new Deltas();
      int cut = random.nextInt(chunks.size() + 1);
      List<Delta> all = new ArrayList<>(deltas.append(chunks.subList(0, cut)));
      all.addAll(deltas.append(chunks.subList(cut, chunks.size())));
      String text = Transcript.of(Task.TRANSCRIBE, "en", 0, chunks).text();
      assertEquals(text, all.stream().map(Delta::text).collect(Collectors.joining()));
    }
  }
}
