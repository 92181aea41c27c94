package io.sotto.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ChunkState;
import io.sotto.protocol.JobState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  private static final Path FOLDER = Path.of("src/main/resources/db/migration");

  @Test
  void everyFileIsListed() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> names =
          files
              .map(f -> f.getFileName().toString())
              .sorted(Comparator.comparingInt(MigrationsTest::number))
              .toList();
      assertEquals(names, Migrations.FILES);
    }
    assertEquals(16, Migrations.fingerprint().length());
  }

  /** Of a name like V12__what.sql. */
  private static int number(String name) {
    return Integer.parseInt(name.substring(1, name.indexOf("__")));
  }

  @Test
  void theSchemaKnowsExactlyTheStates() throws IOException {
    String sql = Files.readString(FOLDER.resolve("V1__jobs.sql"));
    assertTrue(sql.contains(check(Arrays.stream(JobState.values()).map(JobState::wire))));
    assertTrue(sql.contains(check(Arrays.stream(ChunkState.values()).map(ChunkState::wire))));
  }

  private static String check(Stream<String> states) {
    return states
        .map(s -> "'" + s + "'")
        .collect(Collectors.joining(", ", "check (state in (", "))"));
  }
}
