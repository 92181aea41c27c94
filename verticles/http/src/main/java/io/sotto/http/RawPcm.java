package io.sotto.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Samples without a header (16 bit, mono, 16 kHz) as they come in, a WAV header before them. Its
 * lengths are the largest that there are, which readers take for unknown.
 */
final class RawPcm implements ReadStream<Buffer> {
  private static final int RATE = 16_000;
  private static final int BYTES_A_SAMPLE = 2;
  private static final int UNKNOWN = 0xffffffff;
  private final ReadStream<Buffer> samples;
  private boolean begun;

  RawPcm(ReadStream<Buffer> samples) {
    this.samples = samples;
  }

  private static Buffer header() {
    return Buffer.buffer()
        .appendBytes(ascii("RIFF"))
        .appendIntLE(UNKNOWN)
        .appendBytes(ascii("WAVEfmt "))
        .appendIntLE(16)
        .appendShortLE((short) 1)
        .appendShortLE((short) 1)
        .appendIntLE(RATE)
        .appendIntLE(RATE * BYTES_A_SAMPLE)
        .appendShortLE((short) BYTES_A_SAMPLE)
        .appendShortLE((short) (8 * BYTES_A_SAMPLE))
        .appendBytes(ascii("data"))
        .appendIntLE(UNKNOWN);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The first samples bring the header along: an empty upload stays empty. */
  @Override
  public RawPcm handler(@Nullable Handler<Buffer> handler) {
    samples.handler(handler == null ? null : part -> handler.handle(begun ? part : begin(part)));
    return this;
  }

  private Buffer begin(Buffer part) {
    begun = true;
    return header().appendBuffer(part);
  }

  @Override
  public RawPcm exceptionHandler(@Nullable Handler<Throwable> handler) {
    samples.exceptionHandler(handler);
    return this;
  }

  @Override
  public RawPcm endHandler(@Nullable Handler<Void> handler) {
    samples.endHandler(handler);
    return this;
  }

  @Override
  public RawPcm pause() {
    samples.pause();
    return this;
  }

  @Override
  public RawPcm resume() {
    samples.resume();
    return this;
  }

  @Override
  public RawPcm fetch(long amount) {
    samples.fetch(amount);
    return this;
  }
}
