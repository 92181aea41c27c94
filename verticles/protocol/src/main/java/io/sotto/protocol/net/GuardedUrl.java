package io.sotto.protocol.net;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A URL that passed {@link UrlGuard#check}. {@code host} is lower case, an IPv6 address without
 * brackets; {@code target} is path and query; {@code literal} is there when the host is an address.
 */
public record GuardedUrl(
    boolean tls, String host, int port, String target, @Nullable InetAddress literal) {}
