package io.sotto.embedded;

import io.sotto.storage.S3Options;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/**
 * S3 on a folder: S3Proxy in this process, on loopback, signatures checked against credentials that
 * are made up once.
 */
public final class S3Server implements AutoCloseable {
  private static final String BUCKET = "sotto";
  private static final String ACCESS_KEY = "sotto";
  private static final String REGION = "us-east-1";
  private final S3Proxy proxy;
  private final S3Options options;

  private S3Server(S3Proxy proxy, S3Options options) {
    this.proxy = proxy;
    this.options = options;
  }

  public static S3Server start(Path folder) {
    try {
      PrivateFiles.folder(folder);
      Path objects = PrivateFiles.folder(folder.resolve("objects"));
      String secret = PrivateFiles.secret(folder.resolve("secret-key"));
      S3Proxy proxy =
          S3Proxy.builder()
              .blobStore(new FilesystemNio2BlobStore(objects.toString()))
              .endpoint(URI.create("http://127.0.0.1:0"))
              .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, secret)
              .ignoreUnknownHeaders(true)
              .build();
      proxy.start();
      String endpoint = "http://127.0.0.1:" + proxy.getPort();
      return new S3Server(proxy, new S3Options(endpoint, REGION, BUCKET, ACCESS_KEY, secret, true));
    } catch (IOException e) {
      throw new EmbeddedException("S3 cannot be started in " + folder, e);
    } catch (Exception e) {
      throw new EmbeddedException("S3 cannot be started", e);
    }
  }

  /** Where it listens, and its credentials. */
  public S3Options options() {
    return options;
  }

  @Override
  public void close() {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new EmbeddedException("S3 cannot be stopped", e);
    }
  }
}
