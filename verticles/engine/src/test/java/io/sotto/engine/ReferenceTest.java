package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.engine.DecodingOptions.Timestamps;
import io.sotto.engine.bundle.BundleBuilder;
import io.sotto.engine.bundle.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fp32 bundle says what Hugging Face's {@code generate} says, token for token. */
class ReferenceTest {
  private static final Path SOURCE = Samples.HOME.resolve("../shared/models/whisper-base");
  @TempDir private Path folder;

  @Test
  void fp32IsTheReferenceTokenForToken() throws Exception {
    Assumptions.assumeTrue(
        Files.isDirectory(SOURCE), "no ../shared/models: fp32 was not held to the reference");
    Path built = folder.resolve("fp32");
    new BundleBuilder(SOURCE, Precision.FP32, step -> {})
        .build(built, "openai/whisper-base", "MIT", ModelTrial::run);
    try (CpuTranscriber transcriber =
            CpuTranscriber.open(ModelBundle.open(built), new LaneOptions(1, 2, 4, 0));
        var in = ReferenceTest.class.getResourceAsStream("/reference/greedy.json")) {
      JsonNode references = new ObjectMapper().readTree(in);
      assertEquals(8, references.size());
      for (JsonNode reference : references) {
        String sample = reference.path("sample").asText();
        String language = reference.path("language").asText();
        assertEquals(
            numbers(reference.path("tokens")),
            tokens(transcriber, sample, language, Timestamps.TOKENS));
        assertEquals(
            numbers(reference.path("tokens_without_timestamps")),
            tokens(transcriber, sample, language, Timestamps.NONE));
      }
    }
  }

  private static List<Integer> numbers(JsonNode array) {
    List<Integer> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.asInt()));
    return numbers;
  }

  private static List<Integer> tokens(
      CpuTranscriber transcriber, String sample, String language, Timestamps timestamps)
      throws Exception {
    DecodingOptions greedy =
        DecodingOptions.DEFAULTS.toBuilder()
            .language(language)
            .timestamps(timestamps)
            .audioCtx(Frames.MOST)
            .temperatures(List.of(0.0))
            .noSpeechThreshold(null)
            .build();
    return transcriber
        .transcribe(new Window(Samples.read(sample), greedy))
        .get()
        .segments()
        .stream()
        .flatMap(segment -> segment.tokens().stream())
        .toList();
  }
}
