package io.sotto.it;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Forms as bytes on the wire. */
final class Forms {
  private static final String BOUNDARY = "a-boundary-of-the-tests";

  private Forms() {}

  /** One file, to be transcribed in English. */
  static RawHttp.Request upload(String path, String name, byte[] file) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(
        utf8(
            "--%1$s\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nen\r\n--%1$s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%2$s\"\r\n\r\n"
                .formatted(BOUNDARY, name)));
    body.writeBytes(file);
    body.writeBytes(utf8("\r\n--" + BOUNDARY + "--\r\n"));
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        utf8(
            "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n"
                .formatted(path, BOUNDARY, body.size())));
    request.writeBytes(body.toByteArray());
    return new RawHttp.Request(request.toByteArray(), true);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
