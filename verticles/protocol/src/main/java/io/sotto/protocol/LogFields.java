package io.sotto.protocol;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An argument of a line of the log that is more than its text: where lines are JSON, it gives them
 * fields of its own. Values are texts, numbers or null, which is left out.
 */
public interface LogFields {
  Map<String, @Nullable Object> fields();
}
