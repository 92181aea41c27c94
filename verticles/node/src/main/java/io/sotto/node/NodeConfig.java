package io.sotto.node;

import io.sotto.engine.Device;
import io.sotto.http.Shim;
import io.sotto.http.Sources;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.scheduler.webhook.WebhookOptions;
import io.sotto.storage.RetentionStore;
import io.sotto.storage.SealingKeys;
import io.sotto.storage.WebhookSecret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator can set, as {@code conf/sotto.yaml} documents it: one record a section,
 * limits beside each key.
 */
public record NodeConfig(
    Node node,
    Cluster cluster,
    Bus bus,
    Http http,
    Database database,
    S3 s3,
    Ingest ingest,
    Scheduler scheduler,
    Webhooks webhooks,
    Worker worker,
    Audit audit,
    Retention retention,
    Log log,
    Trace tracing,
    List<Secret> secrets) {

  /** Whether embedded stores are allowed: they never are in production. */
  public enum Profile {
    DEVELOPMENT,
    PRODUCTION
  }

  public record Node(
      Set<Role> roles, Profile profile, Path data, Path cache, Duration drainTimeout) {
    static Node read(Settings s) {
      return new Node(
          roles(s),
          s.choice("node.profile", Profile.class),
          s.path("node.data"),
          s.path("node.cache"),
          s.duration("node.drain-timeout", Duration.ofSeconds(1), Duration.ofMinutes(10)));
    }

    private static Set<Role> roles(Settings s) {
      try {
        return Role.parseAll(s.required("node.roles"));
      } catch (IllegalArgumentException e) {
        s.error("node.roles: " + e.getMessage());
        return EnumSet.allOf(Role.class);
      }
    }

    boolean has(Role role) {
      return roles.contains(role);
    }
  }

  public record Cluster(
      String name,
      Path config,
      String host,
      int port,
      int portCount,
      int busPort,
      List<String> members,
      Secret secret,
      @Nullable BusTls tls,
      boolean plainBus) {
    private static final int SECRET_CHARS_MIN = 16;

    static Cluster read(Settings s) {
      Cluster cluster =
          new Cluster(
              s.text("cluster.name"),
              s.path("cluster.config"),
              s.required("cluster.host"),
              s.integer("cluster.port", 1024, 65535),
              s.integer("cluster.port-count", 1, 100),
              s.integer("cluster.bus-port", 0, 65535),
              s.list("cluster.members"),
              s.secret("cluster.secret"),
              BusTls.read(s),
              s.flag("cluster.plain-bus"));
      int chars = cluster.secret.value().length();
      if (chars > 0 && chars < SECRET_CHARS_MIN) {
        s.error("cluster.secret has fewer than " + SECRET_CHARS_MIN + " characters");
      }
      return cluster;
    }
  }

  /** {@code forApplications}: whether other members of the cluster may use it like the REST API. */
  public record Bus(boolean forApplications) {
    static Bus read(Settings s) {
      return new Bus(s.flag("bus.public"));
    }
  }

  public record Http(
      String host,
      int port,
      int managementPort,
      String managementHost,
      long uploadBytesMax,
      long uploadsMemory,
      Duration requestTimeout,
      Duration leaveNotice,
      Duration syncThreshold,
      Duration syncTimeout,
      @Nullable Path keysFile,
      int tenantJobsMax,
      int jobsMax,
      Map<String, String> modelAliases,
      Duration keepAlive,
      Duration keepAliveAfter,
      int streamsMax,
      Set<Shim> shims,
      FetchFrom fetchFrom,
      List<Integer> fetchPorts,
      Duration fetchTimeout,
      int fetchAtOnce,
      String s3ObjectsPrefix) {
    /** Which hosts recordings are fetched from. */
    public enum FetchFrom {
      OFF,
      /** Over https, at public addresses. */
      PUBLIC,
      /** Over http too, and at any address: for tests and intranets. */
      ANY
    }

    private static final int ALIASES_MAX = 100;
    private static final Pattern PREFIX =
        Pattern.compile("[A-Za-z0-9._{}=-]+(/[A-Za-z0-9._{}=-]+)*/");

    static Http read(Settings s) {
      Http http = values(s);
      String prefix = http.s3ObjectsPrefix;
      if (!prefix.isEmpty()
          && (!PREFIX.matcher(prefix).matches()
              || prefix.contains("..")
              || prefix.startsWith("uploads/")
              || prefix.startsWith("chunks/"))) {
        s.error(
            "http.s3-objects-prefix: "
                + prefix
                + " must be a folder such as inbox/ or inbox/{tenant}/, neither uploads/ nor"
                + " chunks/");
      }
      return http;
    }

    private static Http values(Settings s) {
      return new Http(
          s.required("http.host"),
          s.integer("http.port", 0, 65535),
          s.integer("http.management-port", 0, 65535),
          s.required("http.management-host"),
          s.bytes("http.upload-bytes-max", 1 << 10, 1L << 40),
          halfTheHeap(s.bytes("http.uploads-memory", 0, 1L << 50)),
          s.duration("http.request-timeout", Duration.ofSeconds(1), Duration.ofHours(24)),
          s.duration("http.leave-notice", Duration.ZERO, Duration.ofMinutes(5)),
          s.duration("http.sync-threshold", Duration.ZERO, Duration.ofHours(24)),
          s.duration("http.sync-timeout", Duration.ofSeconds(1), Duration.ofHours(24)),
          s.text("http.keys-file").isEmpty() ? null : s.path("http.keys-file"),
          s.integer("http.tenant-jobs-max", 1, 1_000_000),
          s.integer("http.jobs-max", 1, 1_000_000),
          aliases(s),
          s.duration("http.keep-alive", Duration.ofMillis(100), Duration.ofMinutes(5)),
          s.duration("http.keep-alive-after", Duration.ofSeconds(1), Duration.ofHours(24)),
          s.integer("http.streams-max", 1, 100_000),
          shims(s),
          s.choice("http.fetch-from", FetchFrom.class),
          s.integers("http.fetch-ports", 1, 65535),
          s.duration("http.fetch-timeout", Duration.ofSeconds(1), Duration.ofHours(24)),
          s.integer("http.fetch-at-once", 1, 1000),
          s.text("http.s3-objects-prefix"));
    }

    private static long halfTheHeap(long bytes) {
      return bytes > 0 ? bytes : Runtime.getRuntime().maxMemory() / 2;
    }

    /** {@code bucket} is where objects are looked for. */
    Sources sources(String bucket) {
      return new Sources(urls(), fetchTimeout, fetchAtOnce, bucket, s3ObjectsPrefix);
    }

    private UrlGuard.@Nullable Policy urls() {
      Set<Integer> ports = Set.copyOf(fetchPorts);
      return switch (fetchFrom) {
        case OFF -> null;
        case PUBLIC -> new UrlGuard.Policy(false, false, ports);
        case ANY -> new UrlGuard.Policy(true, true, ports);
      };
    }

    /** What each alias means; empty: the first of this node's models. */
    private static Map<String, String> aliases(Settings s) {
      String key = "http.model-aliases";
      Map<String, String> aliases = new TreeMap<>();
      for (String item : s.list(key)) {
        String[] sides = item.split("=", 2);
        String alias = sides[0].strip();
        if (alias.isEmpty()) {
          s.error(key + ": '" + item + "' is neither ALIAS nor ALIAS=MODEL");
        } else if (aliases.put(alias, sides.length == 1 ? "" : sides[1].strip()) != null) {
          s.error(key + " names " + alias + " twice");
        }
      }
      if (aliases.size() > ALIASES_MAX) {
        s.error(key + " has more than " + ALIASES_MAX + " names");
      }
      return Map.copyOf(aliases);
    }

    private static Set<Shim> shims(Settings s) {
      Set<Shim> shims = EnumSet.noneOf(Shim.class);
      for (String name : s.list("http.shims")) {
        Shim.parse(name)
            .ifPresentOrElse(
                shims::add,
                () -> s.error("http.shims: '" + name + "' is none of whisper-cpp, asr-webservice"));
      }
      return Set.copyOf(shims);
    }
  }

  /** Empty {@code host}: PostgreSQL runs inside the process. */
  public record Database(
      String host,
      int port,
      String name,
      Secret user,
      Secret password,
      int poolSize,
      int nodesMax,
      String sslMode,
      @Nullable Path sslCa,
      boolean migrate) {
    static Database read(Settings s) {
      return new Database(
          s.text("database.host"),
          s.integer("database.port", 1, 65535),
          s.required("database.name"),
          s.secret("database.user"),
          s.secret("database.password"),
          s.integer("database.pool-size", 1, 200),
          s.integer("database.nodes-max", 1, 1000),
          s.required("database.ssl-mode"),
          s.optionalPath("database.ssl-ca"),
          s.flag("database.migrate"));
    }

    boolean embedded() {
      return host.isEmpty();
    }
  }

  /** Empty {@code endpoint} and {@code access-key}: S3 runs inside the process. */
  public record S3(
      String endpoint,
      String region,
      String bucket,
      Secret accessKey,
      Secret secretKey,
      boolean pathStyle) {
    static S3 read(Settings s) {
      return new S3(
          s.text("s3.endpoint"),
          s.required("s3.region"),
          s.required("s3.bucket"),
          s.secret("s3.access-key"),
          s.secret("s3.secret-key"),
          s.flag("s3.path-style"));
    }

    boolean embedded() {
      return endpoint.isEmpty() && accessKey.value().isEmpty();
    }
  }

  public record Ingest(String ffmpeg, int slots, Path temp, Duration audioMax) {
    static Ingest read(Settings s) {
      return new Ingest(
          s.text("ingest.ffmpeg"),
          s.integer("ingest.slots", 1, 64),
          s.path("ingest.temp"),
          s.duration("ingest.audio-max", Duration.ofSeconds(1), Duration.ofDays(7)));
    }
  }

  public record Scheduler(
      Duration poll, Duration chunkDeadline, Duration audioGrace, boolean keepAudio) {
    static Scheduler read(Settings s) {
      return new Scheduler(
          s.duration("scheduler.poll", Duration.ofMillis(50), Duration.ofSeconds(10)),
          s.duration("scheduler.chunk-deadline", Duration.ofSeconds(5), Duration.ofHours(1)),
          s.duration("scheduler.audio-grace", Duration.ZERO, Duration.ofDays(30)),
          s.flag("scheduler.keep-audio"));
    }
  }

  /**
   * {@code secret}: one or two, as {@link WebhookSecret#parseAll} reads them; or none. {@code
   * secretKeys}: what clients' secrets are stored under, as {@link SealingKeys#parse} reads them.
   */
  public record Webhooks(
      Secret secret,
      Secret secretKeys,
      boolean allowHttp,
      boolean allowPrivate,
      List<Integer> ports,
      String apiUrl,
      List<Duration> waits,
      Duration timeout,
      int atOnce,
      int atOncePerHost,
      int atOncePerTenant,
      int endpointsMax) {
    private static final int API_URL_CHARS_MAX = 500;
    private static final int WAITS_MAX = 50;
    private static final Duration POLL_EVERY = Duration.ofSeconds(1);

    static Webhooks read(Settings s) {
      Webhooks webhooks =
          new Webhooks(
              s.secret("webhooks.secret"),
              s.secret("webhooks.secret-keys"),
              s.flag("webhooks.allow-http"),
              s.flag("webhooks.allow-private"),
              s.integers("webhooks.ports", 1, 65535),
              s.text("webhooks.api-url"),
              s.durations("webhooks.waits", Duration.ofMillis(1), Duration.ofDays(7)),
              s.duration("webhooks.timeout", Duration.ofMillis(100), Duration.ofMinutes(2)),
              s.integer("webhooks.at-once", 1, 1000),
              s.integer("webhooks.at-once-per-host", 1, 1000),
              s.integer("webhooks.at-once-per-tenant", 1, 1000),
              s.integer("webhooks.endpoints-max", 1, 1000));
      webhooks.check(s);
      return webhooks;
    }

    private void check(Settings s) {
      try {
        secrets();
      } catch (IllegalArgumentException e) {
        s.error("webhooks.secret: " + e.getMessage());
      }
      try {
        sealingKeys();
      } catch (IllegalArgumentException e) {
        s.error("webhooks.secret-keys: " + e.getMessage());
      }
      if (apiUrl.length() > API_URL_CHARS_MAX) {
        s.error("webhooks.api-url is longer than " + API_URL_CHARS_MAX + " characters");
      }
      if (atOncePerHost > atOnce) {
        s.error("webhooks.at-once-per-host exceeds webhooks.at-once");
      }
      if (atOncePerTenant > atOnce) {
        s.error("webhooks.at-once-per-tenant exceeds webhooks.at-once");
      }
      if (waits.size() > WAITS_MAX) {
        s.error("webhooks.waits has more than " + WAITS_MAX + " waits");
      }
    }

    List<WebhookSecret> secrets() {
      return WebhookSecret.parseAll(secret.value());
    }

    /** As they are now. */
    SealingKeys sealingKeys() {
      return SealingKeys.parse(secretKeys.value());
    }

    UrlGuard.Policy urls() {
      return new UrlGuard.Policy(allowHttp, allowPrivate, Set.copyOf(ports));
    }

    WebhookOptions options() {
      String base = apiUrl.endsWith("/") ? apiUrl.substring(0, apiUrl.length() - 1) : apiUrl;
      return new WebhookOptions(
          this::secrets,
          urls(),
          base,
          waits,
          timeout,
          atOnce,
          atOncePerHost,
          atOncePerTenant,
          POLL_EVERY);
    }
  }

  public record Worker(
      Path modelsDir,
      List<String> models,
      Duration modelIdle,
      long modelsMemory,
      String hub,
      Device device,
      int lanes,
      int threads,
      int rows,
      int prefetch) {
    static Worker read(Settings s) {
      Worker worker =
          new Worker(
              s.path("worker.models-dir"),
              s.list("worker.models"),
              s.duration("worker.model-idle", Duration.ZERO, Duration.ofDays(7)),
              memory(s.bytes("worker.models-memory", 0, 1L << 50)),
              s.required("worker.hub"),
              s.choice("worker.device", Device.class),
              s.integer("worker.lanes", 0, 64),
              s.integer("worker.threads", 0, 256),
              s.integer("worker.rows", 1, 64),
              s.integer("worker.prefetch", 0, 64));
      if (worker.models.isEmpty()) {
        s.error("worker.models must name at least one model");
      }
      if (Set.copyOf(worker.models).size() < worker.models.size()) {
        s.error("worker.models names a model twice");
      }
      return worker;
    }

    /** As written, or half of what this machine or container has. */
    private static long memory(long written) {
      return written > 0 ? written : MachineMemory.bytes() / 2;
    }
  }

  public record Audit(boolean enabled, boolean required, Duration window) {
    static Audit read(Settings s) {
      return new Audit(
          s.flag("audit.enabled"),
          s.flag("audit.required"),
          s.duration("audit.window", Duration.ofSeconds(1), Duration.ofHours(1)));
    }
  }

  public record Log(Format format) {
    /** How a line is written: for people, or one JSON object for a collector of logs. */
    public enum Format {
      TEXT,
      JSON
    }

    static Log read(Settings s) {
      return new Log(s.choice("log.format", Format.class));
    }
  }

  /** {@code endpoint}: the base of an OTLP collector's HTTP interface; empty: nobody is told. */
  public record Trace(String endpoint, double sampleRatio) {
    private static final Pattern BASE = Pattern.compile("https?://[^/?#@\\s]+(/[^?#\\s]*)?");

    static Trace read(Settings s) {
      String endpoint = s.text("tracing.otlp-endpoint");
      if (!endpoint.isEmpty() && !BASE.matcher(endpoint).matches()) {
        s.error(
            "tracing.otlp-endpoint: '"
                + endpoint
                + "' is not the URL of a collector, such as http://collector:4318");
        endpoint = "";
      }
      return new Trace(endpoint, s.ratio("tracing.sample-ratio"));
    }
  }

  /**
   * What is empty is kept for good; an empty {@code orphans} leaves objects without a job alone.
   */
  public record Retention(RetentionStore.Usual usual, @Nullable Duration orphans) {
    private static final Duration LEAK_AGE = Duration.ofHours(24);

    /** Rests between two walks over the bucket, and the walks. */
    private static final Duration COLLECTING = Duration.ofHours(3);

    static Retention read(Settings s) {
      Duration audio = s.optionalDuration("retention.audio", Duration.ZERO, RetentionStore.ALWAYS);
      Duration transcripts =
          s.optionalDuration("retention.transcripts", Duration.ofMinutes(1), RetentionStore.ALWAYS);
      Duration webhooks = s.duration("retention.webhooks", Duration.ZERO, RetentionStore.ALWAYS);
      Duration orphans =
          s.optionalDuration("retention.orphans", Duration.ofHours(1), RetentionStore.ALWAYS);
      return new Retention(
          new RetentionStore.Usual(always(audio), always(transcripts), webhooks), orphans);
    }

    /** From which age an object without a job is one that nobody will collect. */
    Duration leakAge() {
      return orphans == null ? LEAK_AGE : orphans.plus(COLLECTING);
    }

    private static Duration always(@Nullable Duration written) {
      return written == null ? RetentionStore.ALWAYS : written;
    }
  }

  static NodeConfig read(Settings settings) {
    NodeConfig config =
        new NodeConfig(
            Node.read(settings),
            Cluster.read(settings),
            Bus.read(settings),
            Http.read(settings),
            Database.read(settings),
            S3.read(settings),
            Ingest.read(settings),
            Scheduler.read(settings),
            Webhooks.read(settings),
            Worker.read(settings),
            Audit.read(settings),
            Retention.read(settings),
            Log.read(settings),
            Trace.read(settings),
            settings.secrets());
    config.checkProduction(settings);
    return config;
  }

  private void checkProduction(Settings settings) {
    boolean production = node.profile == Profile.PRODUCTION;
    if (production && System.getProperty(CrashPoint.PROPERTY) != null) {
      settings.error(
          "node.profile is production, so the system property "
              + CrashPoint.PROPERTY
              + " must not be set: it ends the process in the middle of its work");
    }
    boolean usesDatabase = node.has(Role.HTTP) || node.has(Role.SCHEDULER);
    if (production && usesDatabase && database.embedded()) {
      settings.error("node.profile is production, so database.host must name a PostgreSQL server");
    }
    if (production && (usesDatabase || node.has(Role.INGEST)) && s3.embedded()) {
      settings.error("node.profile is production, so s3.endpoint or s3.access-key must be set");
    }
    if (production && cluster.tls == null && !cluster.plainBus) {
      settings.error(
          "node.profile is production, so cluster.tls-certificate, tls-key and tls-ca must be set;"
              + " or cluster.plain-bus, where the network itself encrypts and authenticates");
    }
    if (production && cluster.secret.value().isEmpty()) {
      settings.error("node.profile is production, so cluster.secret must be set");
    }
  }
}
