package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogMelTest {
  private static JsonNode reference(String name) throws Exception {
    try (var in = LogMelTest.class.getResourceAsStream("/reference/" + name)) {
      return new ObjectMapper().readTree(in);
    }
  }

  @Test
  void equalsTheReferenceWithinOneInTenThousand() throws Exception {
    FloatBuffer mel = FloatBuffer.allocate(80 * LogMel.FRAMES);
    float[] jfk = Samples.read("jfk.wav");
    new LogMel(80).compute(jfk, 0, jfk.length, LogMel.FRAMES, mel);
    JsonNode expected = reference("jfk-logmel.json");
    assertEquals(27 * 15, expected.size());
    for (JsonNode point : expected) {
      int at = point.get("band").asInt() * LogMel.FRAMES + point.get("frame").asInt();
      assertEquals(point.get("value").asDouble(), mel.get(at), 1e-4, point::toString);
    }
  }

  @Test
  void theShortcutForSilenceChangesNothing() {
    float[] noise = new float[Transcriber.WINDOW_SAMPLES_MAX];
    Random random = new Random(7);
    for (int i = 0; i < 40_000; i++) {
      noise[i] = (float) random.nextGaussian() / 10;
    }
    FloatBuffer whole = FloatBuffer.allocate(80 * LogMel.FRAMES);
    FloatBuffer cut = FloatBuffer.allocate(80 * LogMel.FRAMES);
    LogMel mel = new LogMel(80);
    mel.compute(noise, 0, noise.length, LogMel.FRAMES, whole);
    mel.compute(java.util.Arrays.copyOf(noise, 40_000), 0, 40_000, LogMel.FRAMES, cut);
    assertEquals(whole.flip(), cut.flip());
  }

  @Test
  void theFftEqualsTheDefinition() {
    for (int length : new int[] {4, 6, 10, 30, 400}) {
      Random random = new Random(length);
      float[] signal = new float[length];
      for (int i = 0; i < length; i++) {
        signal[i] = (float) random.nextGaussian();
      }
      float[] power = new float[length / 2 + 1];
      new RealFft(length).power(signal, power);
      for (int k = 0; k <= length / 2; k++) {
        double re = 0;
        double im = 0;
        for (int i = 0; i < length; i++) {
          re += signal[i] * Math.cos(2 * Math.PI * i * k / length);
          im -= signal[i] * Math.sin(2 * Math.PI * i * k / length);
        }
        double expected = re * re + im * im;
        assertEquals(expected, power[k], 1e-4 * (1 + expected), "length " + length + " k " + k);
      }
    }
  }

  @Test
  void theTokenizerEqualsTheReference() throws Exception {
    Tokenizer tokenizer = Tokenizer.read(Samples.WHISPER.resolve("tokenizer.json"));
    for (JsonNode each : reference("tokens.json")) {
      String text = each.get("text").asText();
      IntList tokens = new IntList();
      each.get("tokens").forEach(t -> tokens.append(t.asInt()));
      assertEquals(tokens, tokenizer.encode(text), text);
      assertEquals(text, tokenizer.decode(tokens));
    }
  }
}
