package io.sotto.ingest;

import io.sotto.engine.SpeechDetector;
import io.sotto.protocol.Span;
import java.io.IOException;
import java.nio.file.Path;

/** A recording on this machine, cut as a worker would get it, without a cluster around it. */
public final class LocalRecording {
  private LocalRecording() {}

  /** Takes a chunk: where it lies, and mono 16 kHz PCM16 WAV; may block. */
  public interface Chunks {
    void accept(Span span, byte[] wav) throws InterruptedException;
  }

  /** Decodes {@code file}, finds the speech in it and hands on chunk by chunk; gives its length. */
  public static double cut(FfmpegBinary ffmpeg, Path file, SpeechDetector detector, Chunks chunks)
      throws IOException, InterruptedException {
    Decoder decoder = new Decoder(ffmpeg, file, Long.MAX_VALUE);
    Preparation preparation =
        new Preparation(
            decoder, detector, (seq, span, wav, preparedMs) -> chunks.accept(span, wav));
    return preparation.call().audioMs() / 1000.0;
  }
}
