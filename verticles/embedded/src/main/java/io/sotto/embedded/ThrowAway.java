package io.sotto.embedded;

import io.sotto.storage.Migrations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A data folder for one command: a copy of a cluster that was made and migrated once, so that
 * nothing of one call is left to the next, and a start costs a copy instead of an initdb. Folders
 * of processes that were killed are cleared away by the next call.
 */
public final class ThrowAway implements AutoCloseable {
  private static final String PREFIX = "call-";
  private final Path data;

  private ThrowAway(Path data) {
    this.data = data;
  }

  /** {@code schema} names the schema's version: another one has a template of its own. */
  public static ThrowAway create(Path cache, String schema) {
    try {
      Path calls = PrivateFiles.folder(cache.resolve("calls"));
      clearDead(calls, cache);
      Path template = template(cache, schema);
      Path data = calls.resolve(PREFIX + ProcessHandle.current().pid());
      PrivateFiles.deleteTree(data);
      PrivateFiles.folder(data);
      PrivateFiles.copyTree(template, data.resolve("postgres"));
      return new ThrowAway(data);
    } catch (IOException e) {
      throw new EmbeddedException("no folder for this call in " + cache, e);
    }
  }

  private static Path template(Path cache, String schema) throws IOException {
    Path template = cache.resolve("postgres-template-" + schema);
    if (Files.exists(template)) {
      return template;
    }
    Path part = Files.createTempDirectory(cache, "postgres-template.part");
    try (PostgresServer server = PostgresServer.start(part, cache)) {
      Migrations.run(server.options());
    }
    try {
      Files.move(part, template, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (java.nio.file.FileSystemException anotherWasFirst) {
      PrivateFiles.deleteTree(part);
    }
    return template;
  }

  private static void clearDead(Path calls, Path cache) throws IOException {
    List<Path> folders;
    try (Stream<Path> listed = Files.list(calls)) {
      folders = listed.filter(f -> f.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path folder : folders) {
      String pid = folder.getFileName().toString().substring(PREFIX.length());
      if (ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
        PostgresServer.stopOrphanOf(folder.resolve("postgres"));
        PrivateFiles.deleteTree(folder);
      }
    }
  }

  public Path data() {
    return data;
  }

  @Override
  public void close() {
    try {
      PrivateFiles.deleteTree(data);
    } catch (IOException e) {
      throw new EmbeddedException("the folder of this call cannot be deleted", e);
    }
  }
}
