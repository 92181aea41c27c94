package io.sotto.protocol.net;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * A URL that passed {@link UrlGuard#check}. {@code host} is lower case, an IPv6 address without
 * brackets; {@code target} is path and query; {@code literal} is there when the host is an address.
 */
public record GuardedUrl(
    boolean tls, String host, int port, String target, @Nullable InetAddress literal) {

  /**
   * A request whose connection goes to {@code address}, which was checked, whatever the name means
   * meanwhile: the name goes into Host and SNI, and the certificate is held against it. Follows no
   * redirect.
   */
  public RequestOptions request(HttpMethod method, InetAddress address, long connectMs) {
    return new RequestOptions()
        .setMethod(method)
        .setServer(SocketAddress.inetSocketAddress(port, plain(address)))
        .setHost(host)
        .setPort(port)
        .setSsl(tls)
        .setURI(target)
        .setFollowRedirects(false)
        .setConnectTimeout(connectMs);
  }

  /** Digits alone, so that nothing is looked up once more. */
  private static String plain(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress()).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
