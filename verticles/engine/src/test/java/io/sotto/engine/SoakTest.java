package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Resident memory stays where it is, however many windows pass through a lane. 120 here; {@code
 * -Dsotto.soak=10000} for as many as one likes.
 */
class SoakTest {
  private static final int WINDOWS = Integer.getInteger("sotto.soak", 120);
  private static final Path STATUS = Path.of("/proc/self/status");

  /**
   * Of what is left after the first third: it may not grow by more in all the rest. The heap, which
   * breathes, is part of it; one lost tensor a window is more.
   */
  private static final long GROWTH_KB_MAX = 100_000;

  @Test
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void memoryIsFlat() throws Exception {
    Assumptions.assumeTrue(Files.exists(STATUS), "no /proc: memory was not measured");
    float[] fox = Samples.read("en-fox.wav");
    List<Long> resident = new ArrayList<>();
    try (CpuTranscriber transcriber =
        CpuTranscriber.open(ModelBundle.open(Samples.WHISPER), new LaneOptions(1, 1, 4, 16))) {
      for (int done = 0; done < WINDOWS; done += 20) {
        List<CompletableFuture<WindowTranscript>> twenty = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          // different lengths, so that different shapes of the encoder take turns
          float[] later = Samples.silence((done + i) * 7 % 30 / 10.0);
          DecodingOptions options =
              DecodingOptions.DEFAULTS.toBuilder()
                  .language("en")
                  .audioCtx(1)
                  .wordTimestamps(i % 2 == 0)
                  .temperatures(List.of(0.0))
                  .build();
          twenty.add(transcriber.transcribe(new Window(Samples.join(later, fox), options)));
        }
        CompletableFuture.allOf(twenty.toArray(CompletableFuture[]::new)).get();
        resident.add(residentKb());
      }
    }
    report(resident);
  }

  private static void report(List<Long> resident) {
    List<Long> steady = resident.subList(resident.size() / 3, resident.size());
    int third = Math.max(1, steady.size() / 3);
    double first = mean(steady.subList(0, third));
    double last = mean(steady.subList(steady.size() - third, steady.size()));
    double perThousand = (last - first) / (20.0 * (steady.size() - third)) * 1000;
    System.out.printf(
        "soak: %d windows, resident %.0f MB, then %.0f MB: %+.0f kB a thousand windows%n",
        WINDOWS, first / 1024, last / 1024, perThousand);
    assertTrue(last - first <= GROWTH_KB_MAX, resident::toString);
  }

  private static double mean(List<Long> values) {
    return values.stream().mapToLong(v -> v).average().orElseThrow();
  }

  private static long residentKb() throws Exception {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
