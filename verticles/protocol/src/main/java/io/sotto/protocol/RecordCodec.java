package io.sotto.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Carries one record type over the bus as a 4-byte length and JSON in snake case. Its name is the
 * record's, with version: {@code transcribe-chunk.v1}. Unknown fields are ignored, so that a newer
 * node can add one.
 */
final class RecordCodec<M extends ClusterMessage> implements MessageCodec<M, M> {
  /** The bus carries ids and text: a body beyond this is a defect, refused before it is sent. */
  static final int BODY_BYTES_MAX = 1 << 20;

  static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private static final Pattern HUMP = Pattern.compile("(?<=[a-z])(?=[A-Z])");
  private final Class<M> type;

  RecordCodec(Class<M> type) {
    this.type = type;
  }

  /** A codec for every record that {@link ClusterMessage} permits, however deep. */
  static List<RecordCodec<?>> all() {
    List<RecordCodec<?>> codecs = new ArrayList<>();
    collect(ClusterMessage.class, codecs);
    return codecs;
  }

  private static void collect(Class<?> sealed, List<RecordCodec<?>> codecs) {
    for (Class<?> permitted : sealed.getPermittedSubclasses()) {
      if (permitted.isRecord()) {
        codecs.add(new RecordCodec<>(permitted.asSubclass(ClusterMessage.class)));
      } else {
        collect(permitted, codecs);
      }
    }
  }

  Class<M> type() {
    return type;
  }

  @Override
  public void encodeToWire(Buffer buffer, M message) {
    byte[] body = toBytes(message);
    if (body.length > BODY_BYTES_MAX) {
      throw new IllegalArgumentException(
          name() + " of " + body.length + " bytes exceeds " + BODY_BYTES_MAX);
    }
    buffer.appendInt(body.length).appendBytes(body);
  }

  static byte[] toBytes(Object message) {
    try {
      return JSON.writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + message.getClass().getSimpleName(), e);
    }
  }

  @Override
  public M decodeFromWire(int position, Buffer buffer) {
    int length = buffer.getInt(position);
    if (length < 0 || length > BODY_BYTES_MAX) {
      throw new IllegalArgumentException(name() + ": body of " + length + " bytes");
    }
    try {
      return JSON.readValue(buffer.getBytes(position + 4, position + 4 + length), type);
    } catch (java.io.IOException e) {
      throw new IllegalArgumentException(name() + ": unreadable body", e);
    }
  }

  /** Records are immutable: on one node the same object is handed over. */
  @Override
  public M transform(M message) {
    return message;
  }

  @Override
  public String name() {
    return HUMP.matcher(type.getSimpleName()).replaceAll("-").toLowerCase(java.util.Locale.ROOT)
        + ".v1";
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
