package io.sotto.engine;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.sotto.engine.EngineException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Unpacks ONNX Runtime's native libraries once into a folder that stays. Left alone, every JVM
 * unpacks them anew into a temporary folder, and a killed one leaves it behind.
 */
public final class OrtLibrary {
  private static final List<String> LIBRARIES =
      List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");

  /** In a build with {@code -Pgpu} only. */
  private static final List<String> CUDA_LIBRARIES =
      List.of("libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so");

  private OrtLibrary() {}

  /**
   * Call before anything else of the engine. Platforms for which no unpacking is known are left to
   * ONNX Runtime's own way.
   */
  public static void prepare(Path cache) {
    String platform = platform();
    if (platform.isEmpty() || System.getProperty("onnxruntime.native.path") != null) {
      return;
    }
    String resources = "/ai/onnxruntime/native/" + platform + "/";
    List<String> libraries = new ArrayList<>(LIBRARIES);
    boolean cuda = OrtEnvironment.class.getResource(resources + CUDA_LIBRARIES.getLast()) != null;
    if (cuda) {
      libraries.addAll(CUDA_LIBRARIES);
    }
    String name = "onnxruntime-" + version() + "-" + platform + (cuda ? "-cuda" : "");
    Path folder = cache.resolve(name);
    try {
      Files.createDirectories(folder);
      for (String library : libraries) {
        unpack(resources + library, folder.resolve(library));
      }
    } catch (IOException e) {
      throw new EngineException(
          Kind.FAULT,
          "ONNX Runtime cannot be unpacked into " + folder + "; see node.cache (" + e + ")",
          e);
    }
    System.setProperty("onnxruntime.native.path", folder.toString());
  }

  private static String platform() {
    if (!System.getProperty("os.name").startsWith("Linux")) {
      return "";
    }
    return switch (System.getProperty("os.arch")) {
      case "amd64" -> "linux-x64";
      case "aarch64" -> "linux-aarch64";
      default -> "";
    };
  }

  private static String version() {
    String version = OrtEnvironment.class.getPackage().getImplementationVersion();
    return version == null ? "1" : version;
  }

  /** Whole or not at all, also when two processes unpack at a time. */
  private static void unpack(String resource, Path to) throws IOException {
    if (Files.exists(to)) {
      return;
    }
    try (InputStream in = OrtEnvironment.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("no " + resource + " on the class path");
      }
      Path part = Files.createTempFile(to.getParent(), "part", ".so");
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      try {
        Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(part, to, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** ONNX Runtime's failure as ours. */
  static EngineException fault(String doing, OrtException e) {
    return new EngineException(Kind.FAULT, doing + ": " + e.getMessage(), e);
  }
}
