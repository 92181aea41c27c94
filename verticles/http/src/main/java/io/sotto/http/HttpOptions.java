package io.sotto.http;

import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.TenantStore.Admission;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits of the API. Port 0 takes a free one; {@code defaultModel} is what a request without a
 * model, or with OpenAI's {@code whisper-1}, means. {@code keysFile} says who may call, null:
 * everybody; {@code admission} how many jobs may be open; {@code sources} where recordings may come
 * from, besides uploads.
 */
public record HttpOptions(
    String host,
    int port,
    long uploadBytesMax,
    Duration requestTimeout,
    String defaultModel,
    WebhookForm.Policy webhooks,
    @Nullable Path keysFile,
    Admission admission,
    Sources sources) {
  /** Form fields and part headers around the file. */
  static final long FORM_OVERHEAD_BYTES = 64 << 10;

  static final int FORM_FIELDS_MAX = 64;
  static final int FIELD_BYTES_MAX = 32 << 10;
  static final int HEADER_BYTES_MAX = 16 << 10;

  /**
   * A connection on which nothing moves: uploads that stall end here, waits are kept alive by us.
   */
  static final int IDLE_TIMEOUT_S = 60;

  /**
   * Everybody may call, and as much as they like, with uploads; webhooks go over https to port 443
   * of public addresses, signed with secrets that requests bring.
   */
  public HttpOptions(
      String host, int port, long uploadBytesMax, Duration requestTimeout, String defaultModel) {
    this(
        host,
        port,
        uploadBytesMax,
        requestTimeout,
        defaultModel,
        new WebhookForm.Policy(UrlGuard.Policy.STRICT, false),
        null,
        Admission.UNLIMITED,
        Sources.NONE);
  }

  /**
   * Which URLs webhooks may have, and whether the operator's secret signs those of jobs without
   * one.
   */
  public HttpOptions withWebhooks(UrlGuard.Policy urls, boolean signed) {
    return new HttpOptions(
        host,
        port,
        uploadBytesMax,
        requestTimeout,
        defaultModel,
        new WebhookForm.Policy(urls, signed),
        keysFile,
        admission,
        sources);
  }

  /** Who may call, and how much at a time. */
  public HttpOptions with(@Nullable Path keys, Admission limits) {
    return new HttpOptions(
        host, port, uploadBytesMax, requestTimeout, defaultModel, webhooks, keys, limits, sources);
  }

  /** Where recordings may come from, besides uploads. */
  public HttpOptions withSources(Sources allowed) {
    return new HttpOptions(
        host,
        port,
        uploadBytesMax,
        requestTimeout,
        defaultModel,
        webhooks,
        keysFile,
        admission,
        allowed);
  }
}
