package io.sotto.worker;

import io.sotto.engine.Transcriber;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The models this worker has loaded, by name, less those that rest because their lanes refused. */
final class Models {
  private final Map<String, Transcriber> byName = new LinkedHashMap<>();
  private final Set<String> resting = new LinkedHashSet<>();

  Models(List<Transcriber> models) {
    for (Transcriber model : models) {
      if (byName.put(model.model(), model) != null) {
        throw new IllegalArgumentException("model " + model.model() + " is loaded twice");
      }
    }
    if (byName.isEmpty()) {
      throw new IllegalArgumentException("a worker needs at least one model");
    }
  }

  /** How many windows all of them decode side by side. */
  int slots() {
    return byName.values().stream().mapToInt(Transcriber::slots).sum();
  }

  List<String> offered() {
    return byName.keySet().stream().filter(name -> !resting.contains(name)).toList();
  }

  Optional<Transcriber> find(String name) {
    return resting.contains(name) ? Optional.empty() : Optional.ofNullable(byName.get(name));
  }

  /** Stops offering {@code name}; false when it rested already. */
  boolean rest(String name) {
    return resting.add(name);
  }

  void wake(String name) {
    resting.remove(name);
  }
}
