package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line: what comes on stdout, and the exit status. */
class CommandIT {
  private static final long PATIENCE_S = 60;
  @TempDir private Path folder;

  private record Result(int status, String out, String err) {}

  private Result run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(NodeProcess.command(arguments))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("SOTTO_NODE_CACHE", cache().toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "it hangs");
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static Path cache() {
    return Recordings.HOME.resolve("target/cache");
  }

  @Test
  void aFailedFileDoesNotStopTheOthers() throws Exception {
    Path text = Files.writeString(folder.resolve("letter.mp3"), "Dear Sir or Madam,\n".repeat(9));
    Result result =
        run(Map.of(), "transcribe", "none.wav", text.toString(), Recordings.JFK.toString());
    assertEquals(1, result.status, result.err);
    assertEquals(Recordings.JFK_WORDS, Recordings.words(result.out));
    assertEquals(1, result.out.lines().count(), "nothing but the transcript");
    assertTrue(result.err.contains("none.wav: no such file"), result.err);
    assertTrue(result.err.contains("letter.mp3: the file is not audio or video"), result.err);
    try (Stream<Path> left = Files.list(cache().resolve("calls"))) {
      assertEquals(0, left.count(), "the call's data are gone");
    }
  }

  @Test
  void transcriptsGoIntoAFolder() throws Exception {
    Path out = folder.resolve("transcripts");
    Result result =
        run(
            Map.of(),
            "transcribe",
            "--format",
            "srt",
            "--max-line-width",
            "30",
            "--max-line-count",
            "2",
            "--output",
            out.toString(),
            Recordings.JFK.toString());
    assertEquals(0, result.status, result.err);
    assertEquals("", result.out);
    String srt = Files.readString(out.resolve("jfk.srt"));
    assertTrue(srt.startsWith("1\n00:00:00,"), srt);
    assertTrue(srt.lines().allMatch(line -> line.length() <= 30), srt);
  }

  @Test
  void wrongUsageIsStatusTwo() throws Exception {
    assertEquals(2, run(Map.of(), "transcribe").status);
    assertEquals(2, run(Map.of(), "transcribe", "--format", "doc", "x.wav").status);
    assertEquals(2, run(Map.of(), "transcribe", "--max-line-width", "30", "x.wav").status);
    assertEquals(2, run(Map.of()).status);
  }

  @Test
  void aDamagedModelIsNamed() throws Exception {
    Path models = folder.resolve("models");
    try (Stream<Path> files = Files.walk(Recordings.HOME.resolve("models"))) {
      for (Path file : files.toList()) {
        Files.copy(
            file, models.resolve(Recordings.HOME.resolve("models").relativize(file).toString()));
      }
    }
    Path weights = models.resolve("whisper-base/decoder.weights");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length / 2] ^= 1;
    Files.write(weights, bytes);
    Result result =
        run(
            Map.of("SOTTO_WORKER_MODELS_DIR", models.toString()),
            "transcribe",
            Recordings.JFK.toString());
    assertEquals(1, result.status);
    assertTrue(result.err.contains("decoder.weights is damaged"), result.err);
  }

  @Test
  void everyMistakeInTheConfigurationIsSaid() throws Exception {
    Path config = Files.writeString(folder.resolve("c.yaml"), "http:\n  prot: 1\n  port: 99999\n");
    Result result = run(Map.of(), "serve", "--config", config.toString());
    assertEquals(1, result.status);
    assertTrue(result.err.contains("http.prot") && result.err.contains("http.port"), result.err);
    assertFalse(result.err.contains("Exception"), result.err);
  }
}
