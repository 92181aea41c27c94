package io.sotto.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.Wav;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real files, made from a real recording by the ffmpeg that is tested. */
class DecoderTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));
  private static final Path JFK = HOME.resolve("samples/jfk.wav");
  private static final long JFK_SAMPLES = 176_000;
  private static final long HOUR = 3600L * 16_000;
  private static FfmpegBinary ffmpeg;
  @TempDir private Path folder;

  @BeforeAll
  static void unpack() {
    ffmpeg = FfmpegBinary.bundled(HOME.resolve("target/cache"));
  }

  private static long decode(Path file) throws IOException, InterruptedException {
    return new Decoder(ffmpeg, file, HOUR).decode((samples, count) -> {});
  }

  private Path make(String name, String... arguments) throws IOException, InterruptedException {
    Path made = folder.resolve(name);
    List<String> all = new java.util.ArrayList<>(List.of("-nostdin", "-v", "error", "-y"));
    all.addAll(Arrays.asList(arguments));
    all.add(made.toString());
    Process process =
        ffmpeg
            .process(all)
            .redirectErrorStream(true)
            .redirectOutput(Path.of("/dev/null").toFile())
            .start();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), name);
    return made;
  }

  private static SottoException refused(Path file) {
    return assertThrows(SottoException.class, () -> decode(file));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mp3", "m4a", "flac", "ogg", "webm", "mov", "aac", "aiff", "caf", "mkv"})
  void readsAnyCommonContainer(String extension) throws Exception {
    long samples = decode(make("jfk." + extension, "-i", JFK.toString()));
    assertEquals(JFK_SAMPLES, samples, 3_000, extension);
  }

  @Test
  void readsTheSampleItself() throws Exception {
    assertEquals(JFK_SAMPLES, decode(JFK));
  }

  @Test
  void mixesDownAndResamples() throws Exception {
    Path stereo = make("stereo.wav", "-i", JFK.toString(), "-ac", "2", "-ar", "44100");
    assertEquals(JFK_SAMPLES, decode(stereo), 100);
  }

  @Test
  void takesTheSoundOfAVideo() throws Exception {
    Path video =
        make(
            "video.mp4",
            "-f",
            "lavfi",
            "-i",
            "color=c=black:s=64x64:d=11",
            "-i",
            JFK.toString(),
            "-c:v",
            "mpeg4");
    assertEquals(JFK_SAMPLES, decode(video), 3_000);
  }

  @Test
  void anEmptyFileIsSaid() throws Exception {
    SottoException e = refused(Files.createFile(folder.resolve("empty.wav")));
    assertEquals(FailureCode.BAD_AUDIO, e.code());
    assertEquals("the file is empty", e.reason());
  }

  @Test
  void aWavThatHoldsNoSampleYetIsSilence() throws Exception {
    byte[] header = Wav.write(new short[0], 0, 0);
    assertEquals(0, decode(Files.write(folder.resolve("none.wav"), header)));
    byte[] half = Arrays.copyOf(header, 30);
    assertFalse(refused(Files.write(folder.resolve("half.wav"), half)).reason().isBlank());
  }

  @Test
  void textWithTheNameOfSoundIsSaid() throws Exception {
    Path text = Files.writeString(folder.resolve("talk.wav"), "Dear Sir or Madam,\n".repeat(50));
    assertEquals(FailureCode.UNSUPPORTED_MEDIA, refused(text).code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "+faststart"})
  void aCutOffRecordingIsSaid(String flags) throws Exception {
    Path whole =
        flags.isEmpty()
            ? make("whole.m4a", "-i", JFK.toString())
            : make("whole.m4a", "-i", JFK.toString(), "-movflags", flags);
    byte[] bytes = Files.readAllBytes(whole);
    Path cut = Files.write(folder.resolve("cut.m4a"), Arrays.copyOf(bytes, bytes.length * 2 / 3));
    SottoException e = refused(cut);
    assertEquals(FailureCode.BAD_AUDIO, e.code());
    assertTrue(e.reason().contains("cut off"), e.reason());
  }

  @Test
  void aFileWithoutSoundIsSaid() throws Exception {
    Path silent = make("v.mp4", "-f", "lavfi", "-i", "color=c=black:s=64x64:d=1", "-c:v", "mpeg4");
    SottoException e = refused(silent);
    assertEquals(FailureCode.BAD_AUDIO, e.code());
    assertTrue(e.reason().contains("no audio track"), e.reason());
  }

  @Test
  void playlistsAreNotFollowed() throws Exception {
    Path hls =
        Files.writeString(
            folder.resolve("list.m3u8"),
            "#EXTM3U\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\nfile://" + JFK + "\n#EXT-X-ENDLIST\n");
    assertEquals(FailureCode.UNSUPPORTED_MEDIA, refused(hls).code());
    Path concat = Files.writeString(folder.resolve("c.txt"), "ffconcat version 1.0\nfile " + JFK);
    assertEquals(FailureCode.UNSUPPORTED_MEDIA, refused(concat).code());
  }

  @Test
  void aRecordingBeyondTheLimitIsSaid() {
    Decoder decoder = new Decoder(ffmpeg, JFK, 5 * 16_000);
    SottoException e =
        assertThrows(SottoException.class, () -> decoder.decode((samples, count) -> {}));
    assertEquals(FailureCode.TOO_LONG, e.code());
  }

  @Test
  void stoppingEndsItAtOnce() throws Exception {
    Path hours =
        make("hours.flac", "-f", "lavfi", "-i", "sine=frequency=200:duration=600", "-ar", "16000");
    Decoder decoder = new Decoder(ffmpeg, hours, 24 * HOUR);
    SottoException e =
        assertThrows(
            SottoException.class, () -> decoder.decode((samples, count) -> decoder.stop()));
    assertEquals(FailureCode.CANCELLED, e.code());
  }

  @Test
  void aConfiguredProgramThatIsNoFfmpegIsSaid() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> FfmpegBinary.configured(Path.of("/bin/false")));
    assertTrue(e.getMessage().contains("ingest.ffmpeg"), e.getMessage());
  }
}
