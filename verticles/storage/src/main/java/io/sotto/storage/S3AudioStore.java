package io.sotto.storage;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Traces;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** The {@link AudioStore} on S3, through the AWS SDK's asynchronous client. */
public final class S3AudioStore implements AudioStore {
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(90);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final int CONNECTIONS = 64;
  private static final int LOOPS = 2;

  private final Vertx vertx;
  private final S3Options options;
  private final StoreMeters meters;

  /**
   * The SDK's own would keep a closing process waiting for two seconds. Of Netty's groups it knows
   * the older kinds alone.
   */
  @SuppressWarnings("deprecation")
  private final EventLoopGroup loops =
      new io.netty.channel.nio.NioEventLoopGroup(LOOPS, new DefaultThreadFactory("s3", true));

  private final S3AsyncClient s3;
  private final S3Presigner presigner;

  private S3AudioStore(Vertx vertx, S3Options options, MeterRegistry registry, Traces traces) {
    this.vertx = vertx;
    this.options = options;
    this.meters = new StoreMeters(registry, traces);
    this.s3 = client();
    this.presigner = presigner();
  }

  /** As {@link #create(Vertx, S3Options, MeterRegistry, Traces)}, where nobody looks. */
  public static S3AudioStore create(Vertx vertx, S3Options options) {
    return create(vertx, options, new SimpleMeterRegistry(), Traces.NONE);
  }

  /** Connects lazily; {@link #prepare} makes sure of the bucket. Calls are counted in registry. */
  public static S3AudioStore create(
      Vertx vertx, S3Options options, MeterRegistry registry, Traces traces) {
    return new S3AudioStore(vertx, options, registry, traces);
  }

  private S3AsyncClient client() {
    var builder =
        S3AsyncClient.builder()
            .region(Region.of(options.region()))
            .credentialsProvider(credentials())
            .forcePathStyle(options.pathStyle())
            // other people's servers do not all know the newer checksums; ours are in PostgreSQL
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(
                o ->
                    o.apiCallAttemptTimeout(ATTEMPT_TIMEOUT)
                        .apiCallTimeout(CALL_TIMEOUT)
                        .addExecutionInterceptor(new S3Calls(meters)))
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    .eventLoopGroup(SdkEventLoopGroup.create(loops))
                    .maxConcurrency(CONNECTIONS)
                    .connectionTimeout(CONNECT_TIMEOUT));
    if (!options.endpoint().isEmpty()) {
      builder.endpointOverride(URI.create(options.endpoint()));
    }
    return builder.build();
  }

  private S3Presigner presigner() {
    var builder =
        S3Presigner.builder()
            .region(Region.of(options.region()))
            .credentialsProvider(credentials())
            .serviceConfiguration(
                S3Configuration.builder().pathStyleAccessEnabled(options.pathStyle()).build());
    if (!options.endpoint().isEmpty()) {
      builder.endpointOverride(URI.create(options.endpoint()));
    }
    return builder.build();
  }

  private AwsCredentialsProvider credentials() {
    return options.accessKey().isEmpty()
        ? DefaultCredentialsProvider.builder().build()
        : () -> credentials(options.keys().get());
  }

  private static AwsBasicCredentials credentials(S3Options.Keys keys) {
    return AwsBasicCredentials.create(keys.access(), keys.secret());
  }

  /** Creates the bucket unless it is there. */
  public Future<Void> prepare() {
    return check()
        .recover(
            failure ->
                failure.getCause() instanceof NoSuchBucketException
                    ? await(s3.createBucket(b -> b.bucket(options.bucket()))).mapEmpty()
                    : Future.failedFuture(failure));
  }

  @Override
  public Future<StoredAudio> put(AudioKey key, ReadStream<Buffer> body, long bytesMax) {
    return new S3Upload(this, key, body, bytesMax).run();
  }

  @Override
  public Future<StoredAudio> copy(String from, AudioKey key, long bytesMax) {
    return await(s3.headObject(b -> b.bucket(options.bucket()).key(from)))
        .compose(
            head -> {
              if (head.contentLength() > bytesMax) {
                return Future.failedFuture(
                    new SottoException(
                        FailureCode.TOO_LARGE, "the object is larger than " + bytesMax + " bytes"));
              }
              S3Object object =
                  S3Object.builder().key(from).size(head.contentLength()).eTag(head.eTag()).build();
              return put(key, new S3Ranges(this, object), bytesMax);
            });
  }

  @Override
  public Future<StoredAudio> put(AudioKey key, byte[] body) {
    return putObject(key, body)
        .map(stored -> new StoredAudio(key, body.length, Digests.sha256(body)));
  }

  Future<Void> putObject(AudioKey key, byte[] body) {
    return await(
            s3.putObject(
                b ->
                    b.bucket(options.bucket())
                        .key(key.value())
                        .contentMD5(Digests.contentMd5(body)),
                AsyncRequestBody.fromBytesUnsafe(body)))
        .mapEmpty();
  }

  S3AsyncClient s3() {
    return s3;
  }

  String bucket() {
    return options.bucket();
  }

  @Override
  public String presignGet(AudioKey key, Duration ttl) {
    return presigner
        .presignGetObject(
            p ->
                p.signatureDuration(ttl)
                    .getObjectRequest(g -> g.bucket(options.bucket()).key(key.value())))
        .url()
        .toString();
  }

  @Override
  public Future<Void> delete(AudioKey key) {
    return await(s3.deleteObject(b -> b.bucket(options.bucket()).key(key.value()))).mapEmpty();
  }

  @Override
  public Future<Integer> deleteAll(String prefix) {
    return await(s3.listObjectsV2(b -> b.bucket(options.bucket()).prefix(prefix)))
        .compose(
            page -> {
              if (page.contents().isEmpty()) {
                return Future.succeededFuture(0);
              }
              Future<Integer> gone = deletePage(page.contents());
              return Boolean.TRUE.equals(page.isTruncated())
                  ? gone.compose(n -> deleteAll(prefix).map(rest -> n + rest))
                  : gone;
            });
  }

  private Future<Integer> deletePage(List<S3Object> objects) {
    List<ObjectIdentifier> keys = new ArrayList<>();
    objects.forEach(o -> keys.add(ObjectIdentifier.builder().key(o.key()).build()));
    return await(s3.deleteObjects(b -> b.bucket(options.bucket()).delete(d -> d.objects(keys))))
        .map(deleted -> keys.size());
  }

  @Override
  public Future<Listing> list(String prefix, String after, int limit) {
    return await(
            s3.listObjectsV2(
                b ->
                    b.bucket(options.bucket())
                        .prefix(prefix)
                        .startAfter(after.isEmpty() ? null : after)
                        .maxKeys(limit)))
        .map(
            page ->
                new Listing(
                    page.contents().stream()
                        .map(o -> new Listed(o.key(), o.size(), o.lastModified()))
                        .toList(),
                    Boolean.TRUE.equals(page.isTruncated())));
  }

  @Override
  public Future<Void> check() {
    return await(s3.headBucket(b -> b.bucket(options.bucket()))).mapEmpty();
  }

  /** The SDK's answer on the caller's context, its failure as ours. */
  <T> Future<T> await(CompletableFuture<T> answer) {
    return Future.fromCompletionStage(answer, vertx.getOrCreateContext())
        .recover(failure -> Future.failedFuture(translate(failure)));
  }

  private SottoException translate(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException wrapped && wrapped.getCause() != null
            ? wrapped.getCause()
            : failure;
    FailureCode code = FailureCode.STORE_DOWN;
    if (cause instanceof NoSuchKeyException) {
      code = FailureCode.AUDIO_MISSING;
    } else if (cause instanceof S3Exception s3 && s3.statusCode() == 412) {
      code = FailureCode.BAD_REQUEST;
    } else if (cause instanceof S3Exception s3 && s3.statusCode() == 507) {
      code = FailureCode.STORAGE_FULL;
    }
    return new SottoException(code, options + ": " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    s3.close();
    presigner.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
