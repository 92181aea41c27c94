package io.sotto.node;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What has been seen in so many looks in a row; one look without it and it begins anew. Pure. */
final class Streak {
  private final int looks;
  private Map<String, Integer> seen = Map.of();

  Streak(int looks) {
    this.looks = looks;
  }

  /** Of {@code now}, what has been seen long enough. */
  Set<String> look(Set<String> now) {
    Map<String, Integer> counted = new HashMap<>();
    now.forEach(name -> counted.put(name, seen.getOrDefault(name, 0) + 1));
    seen = counted;
    return now.stream()
        .filter(name -> counted.get(name) >= looks)
        .collect(Collectors.toUnmodifiableSet());
  }
}
