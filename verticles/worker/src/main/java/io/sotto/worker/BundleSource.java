package io.sotto.worker;

import io.sotto.engine.CpuTranscriber;
import io.sotto.engine.LaneOptions;
import io.sotto.engine.ModelBundle;
import io.sotto.engine.ModelTrial;
import io.sotto.engine.Transcriber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;

/** Bundles in one folder, each run by lanes of its own. */
public final class BundleSource implements ModelSource {
  private final Path folder;
  private final LaneOptions lanes;

  public BundleSource(Path folder, LaneOptions lanes) {
    this.folder = folder;
    this.lanes = lanes;
  }

  @Override
  public ModelBundle.Outline look(String name) {
    return ModelBundle.outline(folder.resolve(name), lanes);
  }

  /** Name, size, time and identity of every file: a copy under way differs from a whole one. */
  @Override
  public String stamp(String name) {
    StringBuilder stamp = new StringBuilder();
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      for (Path file : files.sorted().toList()) {
        BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
        stamp.append(file.getFileName()).append(' ').append(is.size()).append(' ');
        stamp.append(is.lastModifiedTime()).append(' ').append(is.fileKey()).append('\n');
      }
    } catch (IOException e) {
      return ""; // gone, or going while it was read: the next look tells
    }
    return stamp.toString();
  }

  @Override
  public void trial(String name) {
    ModelTrial.run(folder.resolve(name));
  }

  @Override
  public Transcriber load(String name) {
    return CpuTranscriber.open(ModelBundle.open(folder.resolve(name)), lanes);
  }
}
