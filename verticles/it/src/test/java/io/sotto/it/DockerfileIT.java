package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.node.ConfigLoader;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** S28, S30: what the Dockerfile says of bases, user, entry point and layers. */
class DockerfileIT {
  private static final List<String> SHIPPED = List.of("cpu", "gpu");
  private static final String PINNED = "[\\w./-]+:[\\w.-]+@sha256:[0-9a-f]{64}";

  private static Dockerfile read() {
    try {
      return Dockerfile.read();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyBaseIsPinnedByDigestAndNoneIsLatest() {
    List<String> bases = read().all("", "ARG");
    assertEquals(3, bases.size(), bases::toString);
    for (String base : bases) {
      String image = base.substring(base.indexOf('=') + 1);
      assertTrue(image.matches(PINNED), image);
      assertFalse(image.contains(":latest@"), image);
    }
    for (Dockerfile.Instruction from : read().instructions()) {
      if (from.name().equals("FROM")) {
        assertTrue(from.arguments().matches("(\\$\\{\\w+}|source) AS [\\w-]+"), from::toString);
      }
    }
  }

  @Test
  void whatShipsIsNobodysAndStartsSotto() {
    for (String stage : SHIPPED) {
      assertEquals(List.of("65532:65532"), read().all(stage, "USER"));
      assertEquals(List.of("[\"/opt/sotto/bin/sotto\"]"), read().all(stage, "ENTRYPOINT"));
      assertEquals(1, read().all(stage, "HEALTHCHECK").size());
      assertEquals(List.of(), read().all(stage, "RUN"));
      assertEquals(List.of(), read().all(stage, "ADD"));
    }
  }

  /** A change of code must ship neither models nor libraries again: their layers lie below. */
  @Test
  void theProductIsTheLastLayer() {
    for (String stage : SHIPPED) {
      List<String> sources =
          read().all(stage, "COPY").stream()
              .map(line -> line.replaceAll("--\\S+ ", "").split(" ")[0])
              .toList();
      assertEquals(
          Stream.of("runtime", "libraries", "models", "writable", "product")
              .map(part -> "/image/" + part + "/")
              .toList(),
          sources);
    }
  }

  @Test
  void theGpuImageIsTheCpuImageOnCuda() {
    for (String name : List.of("COPY", "USER", "WORKDIR", "EXPOSE", "HEALTHCHECK", "CMD")) {
      assertEquals(
          read().all("cpu", name),
          read().all("gpu", name).stream()
              .map(line -> line.replace("--from=build-gpu", "--from=build"))
              .toList(),
          name);
    }
  }

  @Test
  void itsEnvironmentIsConfigurationThatExists() {
    Map<String, String> cpu = read().environment("cpu");
    Map<String, String> gpu = read().environment("gpu");
    assertTrue(gpu.entrySet().containsAll(cpu.entrySet()), gpu::toString);
    assertEquals("0.0.0.0", new ConfigLoader(cpu).load(null, Map.of()).http().host());
    assertEquals(
        "cuda", new ConfigLoader(gpu).load(null, Map.of()).worker().device().name().toLowerCase());
    for (String variable : gpu.keySet()) {
      assertTrue(ConfigLoader.variables().contains(variable), variable);
    }
  }
}
