package io.sotto.worker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The books of a worker's models: which it offers, which are loaded and used, and which must go so
 * that another has room. Loads and closes nothing itself. The first name is the default one, which
 * never goes.
 */
final class ModelShelf {
  /** What a load has to do first. */
  enum Room {
    FITS,
    /** Others are idle: they go first. */
    UNLOAD,
    /** Others are in use, or on their way out. */
    WAIT,
    /** Not beside what never goes. */
    NEVER
  }

  /** {@code unload} is empty unless idle ones must go. */
  record Verdict(Room room, List<LoadedModel> unload) {}

  private final Set<String> names;
  private final String first;
  private final long memoryBytes;
  private final long idleNanos;
  private final Map<String, LoadedModel> current = new LinkedHashMap<>();
  private final Set<LoadedModel> leaving = new HashSet<>();
  private final Set<LoadedModel> freeing = new HashSet<>();
  private final Map<String, Long> restingUntil = new HashMap<>();

  /** Room for {@code memoryBytes}; unused ones go after {@code idle}, never when that is zero. */
  ModelShelf(List<String> names, long memoryBytes, Duration idle) {
    this.names = new LinkedHashSet<>(names);
    if (names.isEmpty() || this.names.size() != names.size()) {
      throw new IllegalArgumentException("a worker needs models of different names, not " + names);
    }
    this.first = names.getFirst();
    this.memoryBytes = memoryBytes;
    this.idleNanos = idle.toNanos();
  }

  String first() {
    return first;
  }

  long memoryBytes() {
    return memoryBytes;
  }

  List<String> offered(long now) {
    return names.stream().filter(name -> offers(name, now)).toList();
  }

  boolean offers(String name, long now) {
    Long until = restingUntil.get(name);
    return names.contains(name) && (until == null || now - until >= 0);
  }

  /** Does not offer {@code name} for {@code rest}; false when it rests already. */
  boolean rest(String name, Duration rest, long now) {
    boolean awake = offers(name, now);
    if (awake) {
      restingUntil.put(name, now + rest.toNanos());
    }
    return awake;
  }

  List<String> loaded() {
    return List.copyOf(current.keySet());
  }

  /** What the loaded ones and those on their way out take together. */
  long bytes() {
    long held = current.values().stream().mapToLong(LoadedModel::bytes).sum();
    return held + leaving.stream().mapToLong(LoadedModel::bytes).sum();
  }

  @Nullable LoadedModel find(String name) {
    return current.get(name);
  }

  /** From now on {@code model} is what its name means; the one it replaces, if any, is leaving. */
  @Nullable LoadedModel put(LoadedModel model, long now) {
    model.lastUsedNanos = now;
    LoadedModel old = current.put(model.name(), model);
    if (old != null) {
      leaving.add(old);
    }
    return old;
  }

  void use(LoadedModel model) {
    model.users++;
  }

  void giveBack(LoadedModel model, long now) {
    model.users--;
    model.lastUsedNanos = now;
  }

  /** Takes {@code model} out of sight; its memory counts until it is {@link #gone}. */
  void leave(LoadedModel model) {
    if (current.remove(model.name(), model)) {
      leaving.add(model);
    }
  }

  /** True once, when {@code model} is leaving and unused: whoever asks frees it. */
  boolean toFree(LoadedModel model) {
    return model.users == 0 && leaving.contains(model) && freeing.add(model);
  }

  void gone(LoadedModel model) {
    leaving.remove(model);
    freeing.remove(model);
  }

  /** Empties the shelf, and returns all but those that are being freed already. */
  List<LoadedModel> clear() {
    leaving.addAll(current.values());
    leaving.removeAll(freeing);
    List<LoadedModel> all = List.copyOf(leaving);
    current.clear();
    leaving.clear();
    return all;
  }

  /** Those that nobody has used for the idle time. */
  List<LoadedModel> idle(long now) {
    return unused("").stream()
        .filter(model -> idleNanos > 0 && now - model.lastUsedNanos >= idleNanos)
        .toList();
  }

  /** Whether {@code bytes} more fit, for {@code name}, beside the one of that name if any. */
  Verdict roomFor(String name, long bytes) {
    if (sum(name, first) + bytes > memoryBytes) {
      return new Verdict(Room.NEVER, List.of());
    }
    long held = current.values().stream().mapToLong(LoadedModel::bytes).sum();
    if (bytes() + bytes <= memoryBytes) {
      return new Verdict(Room.FITS, List.of());
    }
    long used = leaving.stream().filter(m -> m.users > 0).mapToLong(LoadedModel::bytes).sum();
    List<LoadedModel> unload = new ArrayList<>();
    for (LoadedModel model : unused(name)) {
      if (held + used + bytes <= memoryBytes) {
        break;
      }
      unload.add(model);
      held -= model.bytes();
    }
    boolean enough = held + used + bytes <= memoryBytes;
    return enough && !unload.isEmpty()
        ? new Verdict(Room.UNLOAD, List.copyOf(unload))
        : new Verdict(Room.WAIT, List.of());
  }

  private long sum(String... of) {
    return current.values().stream()
        .filter(model -> List.of(of).contains(model.name()))
        .mapToLong(LoadedModel::bytes)
        .sum();
  }

  /** Those that may go, the least recently used first. */
  private List<LoadedModel> unused(String except) {
    return current.values().stream()
        .filter(model -> model.users == 0)
        .filter(model -> !model.name().equals(first) && !model.name().equals(except))
        .sorted((a, b) -> Long.signum(a.lastUsedNanos - b.lastUsedNanos))
        .toList();
  }
}
