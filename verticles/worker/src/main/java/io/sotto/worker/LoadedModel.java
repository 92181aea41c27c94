package io.sotto.worker;

import io.sotto.engine.Transcriber;

/**
 * One load of a model: under one name there may be two while the older is replaced. {@code bytes}
 * is what it is counted with, {@code stamp} what its files were like, {@code loadMs} how long it
 * took. The shelf counts its users.
 */
final class LoadedModel {
  private static final int MB = 1 << 20;
  private static final int DIGEST_CHARS = 12;

  private final String name;
  private final Transcriber transcriber;
  private final long bytes;
  private final String stamp;
  private final long loadMs;
  int users;
  long lastUsedNanos;

  LoadedModel(String name, Transcriber transcriber, long bytes, String stamp, long loadMs) {
    this.name = name;
    this.transcriber = transcriber;
    this.bytes = bytes;
    this.stamp = stamp;
    this.loadMs = loadMs;
  }

  String name() {
    return name;
  }

  Transcriber transcriber() {
    return transcriber;
  }

  long bytes() {
    return bytes;
  }

  String stamp() {
    return stamp;
  }

  long loadMs() {
    return loadMs;
  }

  /** For the log: what it took and takes. */
  String costs() {
    return "ms=" + loadMs + " mb=" + mb(bytes) + " digest=" + digest();
  }

  private String digest() {
    String whole = transcriber.modelDigest();
    return whole.substring(0, Math.min(DIGEST_CHARS, whole.length()));
  }

  /** {@code bytes} as people read them. */
  static long mb(long bytes) {
    return (bytes + MB - 1) / MB;
  }
}
