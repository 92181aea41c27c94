package io.sotto.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of this process for uploads that are being decoded; what processes that were killed left
 * beside it is cleared away.
 */
final class TempFolder {
  private TempFolder() {}

  static Path mine(Path parent) throws IOException {
    Files.createDirectories(parent);
    clearDead(parent);
    Path mine = parent.resolve(Long.toString(ProcessHandle.current().pid()));
    Files.createDirectories(mine);
    Files.setPosixFilePermissions(mine, PosixFilePermissions.fromString("rwx------"));
    return mine;
  }

  private static void clearDead(Path parent) throws IOException {
    List<Path> folders;
    try (Stream<Path> listed = Files.list(parent)) {
      folders = listed.filter(f -> f.getFileName().toString().matches("[0-9]{1,10}")).toList();
    }
    for (Path folder : folders) {
      if (ProcessHandle.of(Long.parseLong(folder.getFileName().toString())).isEmpty()) {
        try (Stream<Path> files = Files.list(folder)) {
          for (Path file : files.toList()) {
            Files.deleteIfExists(file);
          }
        }
        Files.deleteIfExists(folder);
      }
    }
  }
}
