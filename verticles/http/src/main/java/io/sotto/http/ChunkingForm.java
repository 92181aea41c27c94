package io.sotto.http;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's {@code chunking_strategy}: {@code auto}, an object as JSON, or one as the SDKs write it
 * ({@code chunking_strategy[type]=server_vad}). It is checked, so that a mistake is told, and has
 * no effect: recordings are always cut in silence, by a detector of our own.
 */
final class ChunkingForm {
  private static final String NAME = "chunking_strategy";
  private static final double MS_MAX = 60_000;

  private ChunkingForm() {}

  static void check(Form form) {
    JsonObject strategy = written(form.field(NAME));
    for (Map.Entry<String, String> field : form.fields()) {
      String key = field.getKey();
      if (key.startsWith(NAME + "[") && key.endsWith("]")) {
        strategy.put(key.substring(NAME.length() + 1, key.length() - 1), field.getValue());
      }
    }
    if (!strategy.isEmpty()) {
      check(strategy);
    }
  }

  private static JsonObject written(@Nullable String value) {
    if (value == null || value.equals("auto")) {
      return new JsonObject();
    }
    try {
      JsonObject object = new JsonObject(value);
      return object.isEmpty() ? object.put("type", "") : object;
    } catch (DecodeException e) {
      throw unknown();
    }
  }

  private static void check(JsonObject strategy) {
    String type = text(strategy, "type");
    if (type == null || !type.equals("server_vad") && !type.equals("auto")) {
      throw unknown();
    }
    number(strategy, "threshold", 1);
    for (String field : new String[] {"prefix_padding_ms", "silence_duration_ms"}) {
      double ms = number(strategy, field, MS_MAX);
      if (ms != Math.rint(ms)) {
        throw ApiError.badField(NAME, field + " is a whole number of milliseconds");
      }
    }
  }

  private static double number(JsonObject strategy, String field, double max) {
    String value = text(strategy, field);
    return value == null || value.isBlank()
        ? 0
        : DecodingForm.number(NAME + "[" + field + "]", value, 0, max);
  }

  private static @Nullable String text(JsonObject strategy, String field) {
    Object value = strategy.getValue(field);
    return value == null ? null : value.toString();
  }

  private static ApiError unknown() {
    return ApiError.badField(
        NAME,
        "chunking_strategy is auto, or an object with type server_vad and threshold,"
            + " prefix_padding_ms, silence_duration_ms where wanted");
  }
}
