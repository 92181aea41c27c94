package io.sotto.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model as all workers together offer it now. What no worker has told is null: {@code bytes},
 * {@code precision}, {@code languages} (how many of Whisper's, in its order; 0: English-only),
 * {@code beamMax}. {@code speeds} are audio seconds per wall second of one chunk, the mean of the
 * workers that have measured it, by device; {@code workers} how many offer it.
 */
record OfferedModel(
    String name,
    @Nullable Long bytes,
    @Nullable String precision,
    @Nullable Integer languages,
    @Nullable Integer beamMax,
    int workers,
    Map<String, Double> speeds) {
  private static final double CHUNK_S = 30;

  OfferedModel {
    speeds = Map.copyOf(speeds);
  }

  /** One of which nothing is known but its name. */
  static OfferedModel unknown(String name) {
    return new OfferedModel(name, null, null, null, null, 0, Map.of());
  }

  Optional<ModelSize> size() {
    return ModelSize.of(name);
  }

  /** By its name where no worker has told: English-only ones end in .en. */
  boolean multilingual() {
    return languages == null ? !name.endsWith(".en") : languages > 0;
  }

  /** The codes it knows. */
  List<String> codes() {
    if (!multilingual()) {
      return List.of("en");
    }
    List<String> all = Languages.inOrder();
    return languages == null ? all : all.subList(0, Math.min(all.size(), languages));
  }

  /** Of one chunk on its fastest device; null while nobody has measured it. */
  @Nullable Double speed() {
    return speeds.values().stream().max(Double::compare).orElse(null);
  }

  /**
   * How long {@code audioSeconds} take at the measured speed: as many chunks at a time as there are
   * workers, as if nobody else wanted them. Null while nobody has measured it.
   */
  @Nullable Double seconds(double audioSeconds) {
    Double speed = speed();
    if (speed == null) {
      return null;
    }
    double atOnce = Math.max(1, Math.min(workers, Math.ceil(audioSeconds / CHUNK_S)));
    return audioSeconds / (speed * atOnce);
  }
}
