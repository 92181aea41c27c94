package io.sotto.node;

import java.util.List;

/**
 * The configuration is unusable; {@link #errors} lists everything that is wrong with it, one line
 * each.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient List<String> errors;

  ConfigException(List<String> errors) {
    super("configuration: " + String.join("; ", errors));
    this.errors = List.copyOf(errors);
  }

  public List<String> errors() {
    return errors;
  }
}
