package io.sotto.storage;

/**
 * An S3 endpoint. Empty {@code endpoint}: AWS itself; empty {@code accessKey}: the SDK's own chain
 * of credentials (a role of the pod, environment). {@code pathStyle} addresses the bucket by path,
 * as servers of one's own want it.
 */
public record S3Options(
    String endpoint,
    String region,
    String bucket,
    String accessKey,
    String secretKey,
    boolean pathStyle) {
  /** The secret stays out of logs. */
  @Override
  public String toString() {
    return (endpoint.isEmpty() ? "s3:" + region : endpoint) + "/" + bucket;
  }
}
