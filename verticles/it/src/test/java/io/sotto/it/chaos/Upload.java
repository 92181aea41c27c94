package io.sotto.it.chaos;

import java.nio.ByteBuffer;
import java.util.Map;

/** A recording in English as a form of the API's. */
final class Upload {
  private static final String BOUNDARY = "a-boundary-of-the-harness";

  /** Its content type. */
  static final String TYPE = "multipart/form-data; boundary=" + BOUNDARY;

  private Upload() {}

  /** {@code fields} beside the file. */
  static byte[] form(byte[] wav, Map<String, String> fields) {
    StringBuilder head = new StringBuilder(part("language", "en"));
    fields.forEach((name, value) -> head.append(part(name, value)));
    head.append(
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
            .formatted(BOUNDARY));
    byte[] before = head.toString().getBytes();
    byte[] after = ("\r\n--" + BOUNDARY + "--\r\n").getBytes();
    return ByteBuffer.allocate(before.length + wav.length + after.length)
        .put(before)
        .put(wav)
        .put(after)
        .array();
  }

  private static String part(String name, String value) {
    return "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
        .formatted(BOUNDARY, name, value);
  }
}
