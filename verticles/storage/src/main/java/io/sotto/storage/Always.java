package io.sotto.storage;

import java.util.function.Supplier;

/** The same value each time. */
record Always<T>(T value) implements Supplier<T> {
  @Override
  public T get() {
    return value;
  }
}
