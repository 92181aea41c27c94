package io.sotto.http;

import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.TenantStore.Admission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Limits of the API. Port 0 takes a free one; {@code defaultModel} is what a request without a
 * model means, {@code modelAliases} what names of other servers' models do. {@code keysFile} says
 * who may call, null: everybody; {@code admission} how many jobs may be open; {@code sync} when a
 * call is answered with the result itself; {@code shims} which other APIs are spoken; {@code
 * sources} where recordings may come from, besides uploads; {@code uploadsMemory} how many bytes
 * those that are being received may take together.
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
    Map<String, String> modelAliases,
    Streams streams,
    SyncMode.Limits sync,
    Set<Shim> shims,
    Sources sources,
    long uploadsMemory) {

  /**
   * Silence that a stream of events, or an answer in JSON that is waited for longer than {@code
   * keepAliveAfter}, may have; how many streams a server may have at a time.
   */
  public record Streams(Duration keepAlive, Duration keepAliveAfter, int max) {
    static final Streams USUAL = new Streams(Duration.ofSeconds(15), Duration.ofMinutes(1), 1_000);
  }

  /** Form fields and part headers around the file. */
  static final long FORM_OVERHEAD_BYTES = 64 << 10;

  static final int FORM_FIELDS_MAX = 64;
  private static final int ENDPOINTS_MAX = 16;
  static final int FIELD_BYTES_MAX = 32 << 10;
  static final int HEADER_BYTES_MAX = 16 << 10;

  /**
   * A connection on which nothing moves: uploads that stall end here, waits are kept alive by us.
   */
  static final int IDLE_TIMEOUT_S = 60;

  public HttpOptions {
    modelAliases = Map.copyOf(modelAliases);
    shims = Set.copyOf(shims);
  }

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
        new WebhookForm.Policy(UrlGuard.Policy.STRICT, false, ENDPOINTS_MAX),
        null,
        Admission.UNLIMITED,
        Map.of("whisper-1", defaultModel),
        Streams.USUAL,
        SyncMode.Limits.USUAL,
        Set.of(),
        Sources.NONE,
        Long.MAX_VALUE);
  }

  /**
   * Which URLs webhooks may have, and whether the operator's secret signs those of jobs without
   * one.
   */
  public HttpOptions withWebhooks(UrlGuard.Policy urls, boolean signed) {
    return withWebhooks(urls, signed, ENDPOINTS_MAX);
  }

  /** As above; a tenant may register {@code endpointsMax} receivers. */
  public HttpOptions withWebhooks(UrlGuard.Policy urls, boolean signed, int endpointsMax) {
    return changed(draft -> draft.webhooks = new WebhookForm.Policy(urls, signed, endpointsMax));
  }

  /** Who may call, and how much at a time. */
  public HttpOptions with(@Nullable Path keys, Admission limits) {
    return changed(
        draft -> {
          draft.keysFile = keys;
          draft.admission = limits;
        });
  }

  /** Names that clients may use, by the model that each means; empty: the default one. */
  public HttpOptions withAliases(Map<String, String> aliases) {
    Map<String, String> meant = new TreeMap<>(aliases);
    meant.replaceAll((alias, model) -> model.isEmpty() ? defaultModel : model);
    return changed(draft -> draft.modelAliases = meant);
  }

  /** What keeps connections alive on which a client waits. */
  public HttpOptions with(Streams other) {
    return changed(draft -> draft.streams = other);
  }

  /**
   * Calls that do not say how they want to be answered wait for recordings of at most {@code
   * threshold}, {@code timeout} long.
   */
  public HttpOptions withSync(Duration threshold, Duration timeout) {
    return changed(draft -> draft.sync = new SyncMode.Limits(threshold, timeout));
  }

  /** Which other servers' APIs are spoken too. */
  public HttpOptions with(Set<Shim> spoken) {
    return changed(draft -> draft.shims = spoken);
  }

  /** Where recordings may come from, besides uploads. */
  public HttpOptions withSources(Sources allowed) {
    return changed(draft -> draft.sources = allowed);
  }

  /** What uploads that are being received may take of the memory together. */
  public HttpOptions withUploadsMemory(long bytes) {
    return changed(draft -> draft.uploadsMemory = bytes);
  }

  private HttpOptions changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options(this);
  }

  /** What a {@code with} may change. */
  private static final class Draft {
    private WebhookForm.Policy webhooks;
    private @Nullable Path keysFile;
    private Admission admission;
    private Map<String, String> modelAliases;
    private Streams streams;
    private SyncMode.Limits sync;
    private Set<Shim> shims;
    private Sources sources;
    private long uploadsMemory;

    Draft(HttpOptions from) {
      webhooks = from.webhooks;
      keysFile = from.keysFile;
      admission = from.admission;
      modelAliases = from.modelAliases;
      streams = from.streams;
      sync = from.sync;
      shims = from.shims;
      sources = from.sources;
      uploadsMemory = from.uploadsMemory;
    }

    HttpOptions options(HttpOptions from) {
      return new HttpOptions(
          from.host,
          from.port,
          from.uploadBytesMax,
          from.requestTimeout,
          from.defaultModel,
          webhooks,
          keysFile,
          admission,
          modelAliases,
          streams,
          sync,
          shims,
          sources,
          uploadsMemory);
    }
  }
}
