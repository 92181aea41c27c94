package io.sotto.http;

import java.time.Duration;

/**
 * Limits of the API. Port 0 takes a free one; {@code defaultModel} is what a request without a
 * model, or with OpenAI's {@code whisper-1}, means.
 */
public record HttpOptions(
    String host, int port, long uploadBytesMax, Duration requestTimeout, String defaultModel) {
  /** Form fields and part headers around the file. */
  static final long FORM_OVERHEAD_BYTES = 64 << 10;

  static final int FORM_FIELDS_MAX = 64;
  static final int FIELD_BYTES_MAX = 32 << 10;
  static final int HEADER_BYTES_MAX = 16 << 10;

  /**
   * A connection on which nothing moves: uploads that stall end here, waits are kept alive by us.
   */
  static final int IDLE_TIMEOUT_S = 60;

  static final long TENANT = 1;
}
