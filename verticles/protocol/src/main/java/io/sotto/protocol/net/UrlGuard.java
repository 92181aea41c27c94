package io.sotto.protocol.net;

import io.vertx.core.Future;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides which URLs of clients this cluster connects to, so that nobody can make it speak to its
 * own network. The text is checked when it comes in; the name is resolved once before each
 * connection, every address of it is checked, and the caller connects to one of exactly those.
 */
public final class UrlGuard {
  private static final int URL_CHARS_MAX = 2_000;
  private static final int HOST_CHARS_MAX = 253;
  private static final int HTTP = 80;
  private static final int HTTPS = 443;
  private static final Pattern PRINTABLE = Pattern.compile("[!-~]+");
  private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");
  private static final Pattern QUAD = Pattern.compile("(?:(?:0|[1-9]\\d{0,2})(?:\\.(?!$)|$)){4}");
  private static final Pattern NAME =
      Pattern.compile(
          "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?");

  /** Names that only mean something inside a house or a cloud. */
  private static final Pattern INNER =
      Pattern.compile("[^.]+|.*\\.(?:localhost|local|internal|intranet|lan|home\\.arpa)");

  private final Policy policy;

  /**
   * What an operator allows beyond https to port 443 of a public address. {@code ports} are further
   * ports; both flags are for tests and intranets.
   */
  public record Policy(boolean allowHttp, boolean allowPrivate, Set<Integer> ports) {
    public static final Policy STRICT = new Policy(false, false, Set.of());

    public Policy {
      ports = Set.copyOf(ports);
    }
  }

  public UrlGuard(Policy policy) {
    this.policy = policy;
  }

  /** The parts of {@code url}; throws {@link UrlRefused} when it must not be connected to. */
  public GuardedUrl check(String url) {
    URI uri = parse(url);
    boolean tls = tls(uri);
    String host = host(uri);
    int port = port(uri, tls);
    InetAddress literal = literal(host);
    if (literal != null) {
      checkAddress(host, literal);
    } else {
      checkName(host);
    }
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String target = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return new GuardedUrl(tls, bare, port, target, literal);
  }

  private static URI parse(String url) {
    if (url.length() > URL_CHARS_MAX) {
      throw new UrlRefused("the URL has more than " + URL_CHARS_MAX + " characters; shorten it");
    }
    if (!PRINTABLE.matcher(url).matches()) {
      throw new UrlRefused(
          "the URL has spaces or characters outside of ASCII; write its host as xn--… and escape"
              + " the rest with %");
    }
    try {
      return new URI(url);
    } catch (URISyntaxException e) {
      throw new UrlRefused("the URL is not one: " + e.getReason() + "; write https://host/path");
    }
  }

  private boolean tls(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (scheme.equals("https")) {
      return true;
    }
    if (scheme.equals("http") && policy.allowHttp) {
      return false;
    }
    throw new UrlRefused(
        policy.allowHttp
            ? "the URL must begin with https:// or http://"
            : "the URL must begin with https://");
  }

  private static String host(URI uri) {
    String authority = uri.getRawAuthority();
    if (authority != null && authority.contains("@")) {
      throw new UrlRefused("the URL holds a user name or password; leave them out");
    }
    if (uri.getRawFragment() != null) {
      throw new UrlRefused("the URL has a fragment (#…), which no server is sent; leave it out");
    }
    if (uri.getHost() == null || uri.getHost().contains("%")) {
      throw new UrlRefused(
          "the URL's host is neither a name nor a plain address; write it as host.example,"
              + " 192.0.2.1 or [2001:db8::1]");
    }
    return uri.getHost().toLowerCase(Locale.ROOT);
  }

  private int port(URI uri, boolean tls) {
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? HTTPS : HTTP;
    boolean standard = port == HTTPS || port == HTTP && policy.allowHttp;
    if (!standard && !policy.ports.contains(port)) {
      throw new UrlRefused(
          "port " + port + " is not allowed; use 443, or ask the operator to list it");
    }
    return port;
  }

  private static @Nullable InetAddress literal(String host) {
    if (host.startsWith("[")) {
      InetAddress address = InetAddress.ofLiteral(host.substring(1, host.length() - 1));
      if (!(address instanceof Inet6Address)) {
        throw new UrlRefused("the host is an IPv4 address dressed as IPv6; write it plainly");
      }
      return address;
    }
    if (!ENDS_IN_NUMBER.matcher(host).matches()) {
      return null;
    }
    try {
      if (QUAD.matcher(host).matches()) {
        return InetAddress.ofLiteral(host);
      }
    } catch (IllegalArgumentException tooLarge) {
      // a part above 255: told below
    }
    throw new UrlRefused(
        "the host " + host + " is a number that programs read differently; write it as 192.0.2.1");
  }

  private void checkName(String host) {
    if (host.endsWith(".")) {
      throw new UrlRefused("the host ends in a dot; leave the dot out");
    }
    if (host.length() > HOST_CHARS_MAX || !NAME.matcher(host).matches()) {
      throw new UrlRefused("the host " + host + " is not a name of the DNS; correct it");
    }
    if (!policy.allowPrivate && INNER.matcher(host).matches()) {
      throw new UrlRefused(
          "the host " + host + " is a name of an inner network; use one that the internet knows");
    }
  }

  /**
   * The addresses of {@code url}'s host, looked up once, each of them checked; fails with {@link
   * UrlRefused} when one of them is not public, and with {@code UnknownHostException} when there is
   * none.
   */
  public Future<List<InetAddress>> addresses(GuardedUrl url, NameResolver names) {
    InetAddress literal = url.literal();
    Future<List<InetAddress>> found =
        literal == null ? names.resolve(url.host()) : Future.succeededFuture(List.of(literal));
    return found.map(List::copyOf).compose(all -> checked(url.host(), all));
  }

  private Future<List<InetAddress>> checked(String host, List<InetAddress> all) {
    if (all.isEmpty()) {
      return Future.failedFuture(new UnknownHostException(host));
    }
    for (InetAddress address : all) {
      checkAddress(host, address);
    }
    return Future.succeededFuture(all);
  }

  /** Of the address only its kind is told: a name's answer may be nobody's business. */
  private void checkAddress(String host, InetAddress address) {
    String kind = policy.allowPrivate ? null : PublicAddress.special(address);
    if (kind != null) {
      throw new UrlRefused(
          "the host "
              + host
              + " leads to an address that is not public ("
              + kind
              + "); use one"
              + " that the internet reaches");
    }
  }
}
