package io.sotto.http;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether the bytes of a multipart form, read as they pass, have come to its closing boundary. */
final class FormEnd {
  private static final Pattern BOUNDARY =
      Pattern.compile("boundary=(?:\"([^\"]+)\"|([^;\\s\"][^;\\s]*))", Pattern.CASE_INSENSITIVE);

  /** What clients may send after it: nothing, or an end of line. */
  private static final int EPILOGUE_BYTES = 256;

  private final String closing;
  private Buffer tail = Buffer.buffer();

  private FormEnd(String boundary) {
    this.closing = "--" + boundary + "--";
  }

  /** Whether there is a boundary in {@code contentType} that a form could end with. */
  static boolean named(@Nullable String contentType) {
    return contentType != null && BOUNDARY.matcher(contentType).find();
  }

  static FormEnd of(@Nullable String contentType) {
    Matcher named = BOUNDARY.matcher(contentType == null ? "" : contentType);
    if (!named.find()) {
      return new FormEnd("");
    }
    return new FormEnd(named.group(1) == null ? named.group(2) : named.group(1));
  }

  void read(Buffer bytes) {
    int kept = closing.length() + EPILOGUE_BYTES;
    Buffer last =
        bytes.length() > kept ? bytes.slice(bytes.length() - kept, bytes.length()) : bytes;
    Buffer both = Buffer.buffer().appendBuffer(tail).appendBuffer(last);
    tail = both.length() > kept ? both.getBuffer(both.length() - kept, both.length()) : both;
  }

  boolean reached() {
    return tail.toString(StandardCharsets.ISO_8859_1).contains(closing);
  }
}
