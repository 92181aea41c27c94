package io.sotto.node.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Brings a model's files into a folder. What was cut off goes on where it ended, in this call or a
 * later one: a file is {@code NAME.part} until its digest is the hub's.
 */
final class HubDownload implements AutoCloseable {
  private static final int BLOCK = 1 << 16;

  /** Bytes done of all, of the whole model. */
  interface Progress {
    void at(String file, long done, long all);
  }

  private final HubClient hub;
  private final Duration stall;
  private final Patience patience;
  private final Progress progress;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("stall-").factory());

  /** A connection that brings nothing for {@code stall} is given up. */
  HubDownload(HubClient hub, Duration stall, Patience patience, Progress progress) {
    this.hub = hub;
    this.stall = stall;
    this.patience = patience;
    this.progress = progress;
  }

  /** Every file of {@code model} into {@code folder}, with digests checked. */
  void into(Path folder, HubModel model) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    long missing = 0;
    for (HubModel.Entry file : model.files()) {
      missing += Files.exists(folder.resolve(file.file())) ? 0 : Math.max(0, file.bytes());
    }
    long free = Files.getFileStore(folder).getUsableSpace();
    if (missing > free) {
      throw new HubException(
          "%s needs %d MB more in %s, which has %d MB free"
              .formatted(model.name(), missing >> 20, folder, free >> 20));
    }
    long done = 0;
    for (HubModel.Entry file : model.files()) {
      if (!Files.exists(folder.resolve(file.file()))) {
        bring(folder, model, file, done);
      }
      done += Math.max(0, file.bytes());
      progress.at(file.file(), done, model.bytes());
    }
  }

  private void bring(Path folder, HubModel model, HubModel.Entry file, long before)
      throws InterruptedException {
    Path part = folder.resolve(file.file() + ".part");
    patience.with(
        model.name() + ": " + file.file(),
        () -> {
          fetch(part, model, file, before);
          verify(part, file);
          return Files.move(part, folder.resolve(file.file()), StandardCopyOption.ATOMIC_MOVE);
        });
  }

  private void fetch(Path part, HubModel model, HubModel.Entry file, long before)
      throws IOException, InterruptedException {
    long have = Files.exists(part) ? Files.size(part) : 0;
    if (file.bytes() >= 0 && have == file.bytes()) {
      return;
    }
    HttpResponse<InputStream> answer = hub.open(model, file.file(), have);
    boolean goesOn = answer.statusCode() == 206 && startsAt(answer, have);
    long at = goesOn ? have : 0;
    try (InputStream in = answer.body();
        OutputStream out =
            goesOn
                ? Files.newOutputStream(part, StandardOpenOption.APPEND)
                : Files.newOutputStream(part)) {
      byte[] block = new byte[BLOCK];
      for (int n = read(in, block); n >= 0; n = read(in, block)) {
        out.write(block, 0, n);
        at += n;
        if (file.bytes() >= 0 && at > file.bytes()) {
          throw new HubClient.Passing(file.file() + " is longer than the hub said");
        }
        progress.at(file.file(), before + at, model.bytes());
      }
    }
  }

  private static boolean startsAt(HttpResponse<?> answer, long offset) {
    String range = answer.headers().firstValue("Content-Range").orElse("");
    return range.startsWith("bytes " + offset + "-");
  }

  /** The client's own time limit ends with the headers: this one watches the body. */
  private int read(InputStream in, byte[] block) throws IOException {
    ScheduledFuture<?> late =
        watch.schedule(() -> closeQuietly(in), stall.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return in.read(block);
    } finally {
      late.cancel(false);
    }
  }

  private static void closeQuietly(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      // it is given up either way
    }
  }

  /** A part that has another digest than the hub says goes; nothing can be built upon it. */
  private static void verify(Path part, HubModel.Entry file) throws IOException {
    long bytes = Files.size(part);
    boolean short1 = file.bytes() >= 0 && bytes < file.bytes();
    if (short1) {
      throw new HubClient.Passing("cut off after " + bytes + " of " + file.bytes() + " bytes");
    }
    boolean large = !file.sha256().isEmpty();
    if (!large && file.blob().isEmpty()) {
      return;
    }
    MessageDigest digest = digest(large ? "SHA-256" : "SHA-1");
    if (!large) {
      digest.update(("blob " + bytes + "\0").getBytes(StandardCharsets.US_ASCII));
    }
    try (InputStream in = Files.newInputStream(part)) {
      byte[] block = new byte[BLOCK];
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        digest.update(block, 0, n);
      }
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(large ? file.sha256() : file.blob())) {
      Files.delete(part);
      throw new HubClient.Passing(file.file() + " arrived damaged (its digest is not the hub's)");
    }
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
