package io.sotto.protocol.net;

import io.vertx.core.Future;
import java.net.InetAddress;
import java.util.List;

/** Finds every address of a host name, of both families. */
@FunctionalInterface
public interface NameResolver {
  Future<List<InetAddress>> resolve(String host);
}
