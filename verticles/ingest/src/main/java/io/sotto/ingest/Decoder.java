package io.sotto.ingest;

import io.sotto.engine.Transcriber;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one file of any common container with ffmpeg as a child process: its first audio track,
 * mixed to mono, 16 kHz, PCM16, in constant memory. Blocks its caller; {@link #stop} from another
 * thread ends it. What ffmpeg says when it fails becomes a reason a client can act on.
 */
final class Decoder {
  /**
   * Containers that hold sound; playlists and whatever else opens further files are not among them.
   */
  private static final String CONTAINERS =
      "wav,w64,rf64,mp3,flac,ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,aac,ac3,eac3,aiff,amr,amrnb,amrwb,asf,au,avi,caf,"
          + "flv,mpeg,mpegts,ape,wv,tta,dts,dtshd,mpc,mpc8,qcp,sln,gsm,voc,loas,opus";

  /** How the JVM tells ABRT, BUS, FPE, KILL, SEGV and TERM; other numbers are ffmpeg's own. */
  private static final Set<Integer> SIGNALS = Set.of(134, 135, 136, 137, 139, 143);

  private static final int STDERR_KEPT = 4096;
  private static final int WAV_HEADER_BYTES_MAX = 4096;
  private static final int BLOCK_BYTES = 1 << 16;
  private static final long EXIT_TIMEOUT_S = 10;

  private final FfmpegBinary ffmpeg;
  private final Path file;
  private final long samplesMax;
  private volatile @Nullable Process process;
  private volatile boolean stopped;
  private volatile long lastOutputNanos = System.nanoTime();

  /** Takes samples in order; {@code count} of them are good. */
  interface Samples {
    void accept(short[] samples, int count) throws InterruptedException;
  }

  Decoder(FfmpegBinary ffmpeg, Path file, long samplesMax) {
    this.ffmpeg = ffmpeg;
    this.file = file;
    this.samplesMax = samplesMax;
  }

  /**
   * Decodes to the end; gives the number of samples.
   *
   * @throws SottoException {@code BAD_AUDIO}, {@code UNSUPPORTED_MEDIA}, {@code TOO_LONG}, {@code
   *     DECODER_FAULT}, {@code CANCELLED}
   */
  long decode(Samples sink) throws IOException, InterruptedException {
    if (Files.size(file) == 0) {
      throw new SottoException(FailureCode.BAD_AUDIO, "the file is empty");
    }
    Process child = ffmpeg.process(arguments()).start();
    process = child;
    try {
      child.getOutputStream().close();
      CompletableFuture<String> said = CompletableFuture.supplyAsync(() -> lastWords(child));
      long samples = copy(child.getInputStream(), sink);
      return judge(child, samples, said.join());
    } catch (IOException e) {
      throw stopped
          ? cancelled()
          : new SottoException(FailureCode.DECODER_FAULT, "ffmpeg broke off: " + e.getMessage());
    } finally {
      child.destroyForcibly();
    }
  }

  private List<String> arguments() {
    return List.of(
        "-nostdin",
        "-hide_banner",
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        CONTAINERS,
        "-i",
        "file:" + file,
        "-map",
        "0:a:0",
        "-vn",
        "-sn",
        "-dn",
        "-map_metadata",
        "-1",
        "-ac",
        "1",
        "-ar",
        Integer.toString(Transcriber.SAMPLE_RATE),
        "-f",
        "s16le",
        "pipe:1");
  }

  private long copy(InputStream in, Samples sink) throws IOException, InterruptedException {
    byte[] block = new byte[BLOCK_BYTES];
    short[] samples = new short[BLOCK_BYTES / Short.BYTES];
    ByteBuffer bytes = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    long total = 0;
    int n = in.readNBytes(block, 0, BLOCK_BYTES);
    while (n > 0) {
      lastOutputNanos = System.nanoTime();
      int count = n / Short.BYTES;
      bytes.asShortBuffer().get(samples, 0, count);
      total += count;
      if (total > samplesMax) {
        throw new SottoException(
            FailureCode.TOO_LONG,
            "the recording is longer than "
                + samplesMax / Transcriber.SAMPLE_RATE
                + " s; cut it, or raise ingest.audio-max");
      }
      sink.accept(samples, count);
      n = in.readNBytes(block, 0, BLOCK_BYTES);
    }
    return total;
  }

  private static String lastWords(Process child) {
    StringBuilder kept = new StringBuilder();
    try (var lines = child.errorReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.contains("no version information available")) {
          kept.append(line, 0, Math.min(line.length(), STDERR_KEPT)).append('\n');
          kept.delete(0, Math.max(0, kept.length() - STDERR_KEPT));
        }
      }
    } catch (IOException gone) {
      // the child was killed: what it said so far is all there is
    }
    return kept.toString();
  }

  private long judge(Process child, long samples, String said)
      throws IOException, InterruptedException {
    boolean ended = child.waitFor(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
    if (stopped) {
      throw cancelled();
    }
    if (!ended) {
      throw new SottoException(FailureCode.DECODER_FAULT, "ffmpeg did not end");
    }
    if (SIGNALS.contains(child.exitValue())) {
      throw new SottoException(
          FailureCode.DECODER_FAULT, "ffmpeg was killed, status " + child.exitValue());
    }
    boolean cut = said.contains("partial file") || said.contains("moov atom not found");
    if (child.exitValue() == 0 && !cut && (samples > 0 || said.isBlank() && bareHeader())) {
      return samples;
    }
    throw refusal(said, samples, cut);
  }

  /**
   * A recorder that is stopped at once leaves a WAV of a header and no sample: nothing was said. Of
   * other containers it is not known that nothing is missing.
   */
  private boolean bareHeader() throws IOException {
    if (Files.size(file) > WAV_HEADER_BYTES_MAX) {
      return false;
    }
    String head = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    return head.startsWith("RIFF") && head.startsWith("WAVE", 8) && head.contains("data");
  }

  private static SottoException cancelled() {
    return new SottoException(FailureCode.CANCELLED, "decoding was stopped");
  }

  /** Cause and remedy, in the order of how surely ffmpeg's words tell them. */
  private static SottoException refusal(String said, long samples, boolean cut) {
    if (cut) {
      return bad("the file is cut off before its end; upload it again, whole");
    }
    if (said.contains("matches no streams") || said.contains("does not contain any stream")) {
      return bad("the file holds no audio track");
    }
    if (samples > 0) {
      double seconds = (double) samples / Transcriber.SAMPLE_RATE;
      return bad("the file is damaged: it could be decoded up to %.1f s only".formatted(seconds));
    }
    if (said.contains("whitelist")) {
      return new SottoException(
          FailureCode.UNSUPPORTED_MEDIA,
          "playlists and other files that point to further files are not read; upload the recording"
              + " itself");
    }
    if (said.isBlank()) {
      return bad("the file holds no sound");
    }
    return new SottoException(
        FailureCode.UNSUPPORTED_MEDIA,
        "the file is not audio or video in a known format; wav, mp3, m4a, mp4, flac, ogg, opus and"
            + " webm are");
  }

  private static SottoException bad(String reason) {
    return new SottoException(FailureCode.BAD_AUDIO, reason);
  }

  /** Nanoseconds since the child last gave something. */
  long idleNanos() {
    return System.nanoTime() - lastOutputNanos;
  }

  void stop() {
    stopped = true;
    kill();
  }

  /** Ends a child that hangs: its preparation fails with {@code DECODER_FAULT}. */
  void kill() {
    Process child = process;
    if (child != null) {
      child.destroyForcibly();
    }
  }
}
