package io.sotto.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An ffmpeg to run: the bundled one, unpacked once into a cache folder, or the one configured.
 * {@code libraries} is where it finds its own, empty for the system's.
 */
public record FfmpegBinary(Path executable, String libraries) {
  private static final String RESOURCES = "/org/bytedeco/ffmpeg/linux-x86_64/";
  private static final String FOLDER = "ffmpeg-8.1.2";
  private static final String COMPLETE = ".complete";
  private static final long VERSION_TIMEOUT_S = 10;
  private static final List<String> FILES =
      List.of(
          "ffmpeg",
          "libavcodec.so.62",
          "libavdevice.so.62",
          "libavfilter.so.11",
          "libavformat.so.62",
          "libavutil.so.60",
          "libswresample.so.6",
          "libswscale.so.9",
          "libva.so.2",
          "libva-drm.so.2",
          "libdrm.so.2");

  /** Sound servers and displays that the device library wants loaded and a server lacks. */
  private static final List<String> STUBS =
      List.of("libpulse.so.0", "libasound.so.2", "libxcb.so.1", "libxcb-shm.so.0", "libudev.so.1");

  /** The bundled one. */
  public static FfmpegBinary bundled(Path cache) {
    Path home = cache.resolve(FOLDER);
    try {
      if (Files.notExists(home.resolve(COMPLETE))) {
        unpack(cache, home);
      }
    } catch (IOException e) {
      throw new IllegalStateException("ffmpeg cannot be unpacked into " + home + ": " + e, e);
    }
    return new FfmpegBinary(home.resolve("ffmpeg"), home.toString());
  }

  /** The one at {@code path}, tried once. */
  public static FfmpegBinary configured(Path path) {
    FfmpegBinary own = new FfmpegBinary(path, "");
    try {
      Process version =
          own.process(List.of("-version"))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (version.waitFor(VERSION_TIMEOUT_S, TimeUnit.SECONDS) && version.exitValue() == 0) {
        return own;
      }
      version.destroyForcibly();
    } catch (IOException e) {
      throw new IllegalStateException("ingest.ffmpeg: " + path + " does not run: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new IllegalStateException("ingest.ffmpeg: " + path + " is not a working ffmpeg");
  }

  private static void unpack(Path cache, Path home) throws IOException {
    Files.createDirectories(cache);
    Path part = Files.createTempDirectory(cache, FOLDER + ".part");
    for (String name : FILES) {
      try (InputStream in = FfmpegBinary.class.getResourceAsStream(RESOURCES + name)) {
        if (in == null) {
          throw new IllegalStateException(
              "there is no bundled ffmpeg for this platform; set ingest.ffmpeg");
        }
        Files.copy(in, part.resolve(name));
      }
    }
    for (String name : STUBS) {
      Files.write(part.resolve(name), StubLibrary.named(name));
    }
    Files.setPosixFilePermissions(
        part.resolve("ffmpeg"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createFile(part.resolve(COMPLETE));
    try {
      Files.move(part, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException anotherWasFirst) {
      try (var files = Files.list(part)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(part);
    }
  }

  ProcessBuilder process(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    if (!libraries.isEmpty()) {
      builder.environment().put("LD_LIBRARY_PATH", libraries);
    }
    return builder;
  }
}
