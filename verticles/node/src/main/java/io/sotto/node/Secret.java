package io.sotto.node;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A value that is never printed. One that came from a file follows it: whoever uses it asks for
 * {@link #value} each time.
 */
public final class Secret {
  private final String key;
  private final @Nullable Path file;
  private volatile String value;

  /** {@code key} is the configuration's; {@code file} is where the value was read, if anywhere. */
  Secret(String key, String value, @Nullable Path file) {
    this.key = key;
    this.value = value;
    this.file = file;
  }

  public String value() {
    return value;
  }

  String key() {
    return key;
  }

  @Nullable Path file() {
    return file;
  }

  void renew(String read) {
    value = read;
  }

  @Override
  public String toString() {
    return value.isEmpty() ? "(unset)" : "(secret)";
  }
}
