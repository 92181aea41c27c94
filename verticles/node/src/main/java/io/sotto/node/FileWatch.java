package io.sotto.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when small files have other contents than before, and have kept them for one look, since
 * files that belong together are seldom written at the same moment. While one of them cannot be
 * read nothing is told.
 */
final class FileWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);
  private static final long LOOK_EVERY_MS = 1_000;
  private static final long BYTES_MAX = 1 << 20;

  private final List<Path> files;
  private final Runnable changed;
  private @Nullable List<ByteBuffer> taken;
  private @Nullable List<ByteBuffer> seen;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("file-watch").daemon().factory());

  FileWatch(Collection<Path> files, Runnable changed) {
    this.files = List.copyOf(files);
    this.changed = changed;
    this.taken = contents();
    this.seen = taken;
  }

  /** Looks once a second, until closed; changes are told on the watch's own thread. */
  FileWatch start() {
    if (!files.isEmpty()) {
      thread.scheduleWithFixedDelay(
          this::look, LOOK_EVERY_MS, LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
    }
    return this;
  }

  /** One look. */
  void look() {
    List<ByteBuffer> now = contents();
    boolean settled = now != null && now.equals(seen) && !now.equals(taken);
    seen = now;
    if (settled) {
      taken = now;
      try {
        changed.run();
      } catch (RuntimeException e) {
        LOG.error("changed files were not taken: {}", files, e);
      }
    }
  }

  private @Nullable List<ByteBuffer> contents() {
    List<ByteBuffer> contents = new ArrayList<>();
    try {
      for (Path file : files) {
        if (Files.size(file) > BYTES_MAX) {
          return null;
        }
        contents.add(ByteBuffer.wrap(Files.readAllBytes(file)));
      }
      return contents;
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
