package io.sotto.worker;

import io.sotto.engine.ModelBundle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model that chunks ask for, and the chunks that wait for it. */
final class Wanted {
  final String name;
  final List<Loan> loans = new ArrayList<>();

  /** What it takes; null until somebody has looked. */
  ModelBundle.@Nullable Outline outline;

  /** Whether it waits until others are idle. */
  boolean waitsForRoom;

  Wanted(String name) {
    this.name = name;
  }
}
