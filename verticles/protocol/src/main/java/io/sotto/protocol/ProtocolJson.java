package io.sotto.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;

/**
 * The one JSON form of protocol records, on the bus and in PostgreSQL: snake case, unknown fields
 * ignored.
 */
public final class ProtocolJson {
  private ProtocolJson() {}

  public static String write(Object value) {
    try {
      return RecordCodec.JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + value.getClass().getSimpleName(), e);
    }
  }

  /**
   * Reads {@code json} as {@code type}; text that does not fit is a defect of whoever stored it.
   */
  public static <T> T read(String json, Class<T> type) {
    try {
      return RecordCodec.JSON.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "not a " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
    }
  }
}
