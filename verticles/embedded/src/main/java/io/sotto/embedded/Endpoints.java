package io.sotto.embedded;

import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;

/**
 * Where the stores of a folder are, as the process that runs them writes it down for others of the
 * folder's owner: plain fields, since logins are asked for while a node runs and are no data.
 */
record Endpoints(long pid, Postgres postgres, S3 s3) {
  record Postgres(
      String host,
      int port,
      String database,
      String user,
      String password,
      int poolSize,
      String sslMode) {}

  record S3(
      String endpoint,
      String region,
      String bucket,
      String accessKey,
      String secretKey,
      boolean pathStyle) {}

  static Endpoints of(long pid, PgOptions pg, S3Options s3) {
    return new Endpoints(
        pid,
        new Postgres(
            pg.host(),
            pg.port(),
            pg.database(),
            pg.user(),
            pg.password(),
            pg.poolSize(),
            pg.sslMode()),
        new S3(
            s3.endpoint(),
            s3.region(),
            s3.bucket(),
            s3.accessKey(),
            s3.secretKey(),
            s3.pathStyle()));
  }

  PgOptions postgresOptions() {
    return new PgOptions(
        postgres.host,
        postgres.port,
        postgres.database,
        postgres.user,
        postgres.password,
        postgres.poolSize,
        postgres.sslMode);
  }

  S3Options s3Options() {
    return new S3Options(
        s3.endpoint, s3.region, s3.bucket, s3.accessKey, s3.secretKey, s3.pathStyle);
  }
}
