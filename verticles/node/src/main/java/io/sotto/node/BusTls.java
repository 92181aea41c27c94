package io.sotto.node;

import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 between the nodes' event buses, with certificates on both sides: PEM files with this
 * node's certificate, its key, and the private CA whose nodes may take part. Host names are not
 * compared: whoever holds a certificate of this CA is a node.
 */
public record BusTls(Path certificate, Path key, Path ca) {
  private static final String PROTOCOL = "TLSv1.3";
  private static final long HANDSHAKE_S = 5;

  static @Nullable BusTls read(Settings s) {
    Path certificate = s.optionalPath("cluster.tls-certificate");
    Path key = s.optionalPath("cluster.tls-key");
    Path ca = s.optionalPath("cluster.tls-ca");
    if (certificate != null && key != null && ca != null) {
      return new BusTls(certificate, key, ca);
    }
    if (certificate != null || key != null || ca != null) {
      s.error("cluster.tls-certificate, cluster.tls-key and cluster.tls-ca: set all, or none");
    }
    return null;
  }

  List<Path> files() {
    return List.of(certificate, key, ca);
  }

  /** Fails with cause and remedy where these files would let nobody in. */
  void check() {
    PemFiles.check(certificate, key, ca);
  }

  void applyTo(EventBusOptions bus) {
    bus.setSsl(true)
        .setClientAuth(ClientAuth.REQUIRED)
        .setTrustAll(false)
        .setKeyCertOptions(keyCert())
        .setTrustOptions(trust())
        .setEnabledSecureTransportProtocols(Set.of(PROTOCOL))
        .setSslHandshakeTimeout(HANDSHAKE_S);
  }

  /** As {@link #applyTo}, for the sockets of a bus that runs. */
  ServerSSLOptions server() {
    ServerSSLOptions options = new ServerSSLOptions().setClientAuth(ClientAuth.REQUIRED);
    fill(options);
    return options;
  }

  /** As {@link #applyTo}, for the sockets of a bus that runs. */
  ClientSSLOptions client() {
    ClientSSLOptions options =
        new ClientSSLOptions().setTrustAll(false).setHostnameVerificationAlgorithm("");
    fill(options);
    return options;
  }

  private void fill(SSLOptions options) {
    options
        .setKeyCertOptions(keyCert())
        .setTrustOptions(trust())
        .setEnabledSecureTransportProtocols(Set.of(PROTOCOL))
        .setSslHandshakeTimeout(HANDSHAKE_S);
  }

  private PemKeyCertOptions keyCert() {
    return new PemKeyCertOptions().setCertPath(certificate.toString()).setKeyPath(key.toString());
  }

  private PemTrustOptions trust() {
    return new PemTrustOptions().addCertPath(ca.toString());
  }
}
