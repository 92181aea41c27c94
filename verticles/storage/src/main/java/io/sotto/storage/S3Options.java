package io.sotto.storage;

import java.util.function.Supplier;

/**
 * An S3 endpoint. Empty {@code endpoint}: AWS itself; {@code keys} are asked for every request, so
 * that they may change while a node runs; an empty access key: the SDK's own chain of credentials
 * (a role of the pod, environment). {@code pathStyle} addresses the bucket by path, as servers of
 * one's own want it.
 */
public record S3Options(
    String endpoint, String region, String bucket, Supplier<Keys> keys, boolean pathStyle) {

  /** What signs requests. */
  public record Keys(String access, String secret) {
    /** The secret stays out of logs. */
    @Override
    public String toString() {
      return access;
    }
  }

  /** One pair of keys for ever. */
  public S3Options(
      String endpoint,
      String region,
      String bucket,
      String accessKey,
      String secretKey,
      boolean pathStyle) {
    this(endpoint, region, bucket, new Always<>(new Keys(accessKey, secretKey)), pathStyle);
  }

  public String accessKey() {
    return keys.get().access();
  }

  public String secretKey() {
    return keys.get().secret();
  }

  /** The secret stays out of logs. */
  @Override
  public String toString() {
    return (endpoint.isEmpty() ? "s3:" + region : endpoint) + "/" + bucket;
  }
}
