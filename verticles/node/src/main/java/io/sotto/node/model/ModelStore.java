package io.sotto.node.model;

import io.sotto.engine.EngineException;
import io.sotto.engine.Manifest;
import io.sotto.engine.ModelTrial;
import io.sotto.engine.bundle.BundleBuilder;
import io.sotto.engine.bundle.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The models in a worker's {@code models-dir}, a folder each. */
public final class ModelStore {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  /** Folders of a build or removal that never ended. */
  private static final Pattern LEFTOVER = Pattern.compile("\\.(building|removing)-[0-9a-f-]{36}");

  private static final Duration LEFTOVER_AGE = Duration.ofDays(1);

  private final Path folder;

  public ModelStore(Path folder) {
    this.folder = folder;
  }

  /** A model and the bytes of its files. */
  public record Stored(Manifest manifest, long bytes) {}

  /** Where {@code name} lies or would. */
  public Path path(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new EngineException(
          EngineException.Kind.BAD_REQUEST,
          "'"
              + name
              + "' is no name of a model: small letters, digits, '.', '_' and '-', 64 at"
              + " most");
    }
    return folder.resolve(name);
  }

  /** The speech models that are there, by name; folders that hold something else are passed. */
  public List<Stored> list() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Stored> found = new ArrayList<>();
    try (Stream<Path> folders = Files.list(folder)) {
      for (Path each : folders.sorted().toList()) {
        Path manifest = each.resolve(Manifest.FILE);
        if (NAME.matcher(each.getFileName().toString()).matches() && Files.exists(manifest)) {
          Manifest read = Manifest.read(manifest);
          if (read.files().containsKey("encoder.onnx")) {
            long bytes = read.files().values().stream().mapToLong(Manifest.Entry::bytes).sum();
            found.add(new Stored(read, bytes));
          }
        }
      }
    }
    return found;
  }

  /** Checks every file of {@code name} against its manifest, and that it decodes. */
  public void verify(String name) {
    ModelTrial.run(path(name));
  }

  /** Builds {@code name} from the checkpoint in {@code source}. */
  public void build(
      Path source,
      String name,
      Precision precision,
      String origin,
      String licence,
      Consumer<String> progress)
      throws IOException {
    Path target = path(name);
    sweep();
    new BundleBuilder(source, precision, progress)
        .build(target, origin, licence, folderOf -> ModelTrial.run(folderOf));
  }

  /** Removes {@code name}: out of sight at once, then file by file. */
  public void remove(String name) throws IOException {
    Path target = path(name);
    if (!Files.exists(target.resolve(Manifest.FILE))) {
      throw new EngineException(
          EngineException.Kind.BAD_REQUEST, "there is no model " + name + " in " + folder);
    }
    Path gone = folder.resolve(".removing-" + UUID.randomUUID());
    Files.move(target, gone, StandardCopyOption.ATOMIC_MOVE);
    delete(gone);
  }

  private void sweep() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Instant before = Instant.now().minus(LEFTOVER_AGE);
    try (Stream<Path> folders = Files.list(folder)) {
      for (Path each : folders.toList()) {
        if (LEFTOVER.matcher(each.getFileName().toString()).matches()
            && Files.getLastModifiedTime(each).toInstant().isBefore(before)) {
          delete(each);
        }
      }
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
