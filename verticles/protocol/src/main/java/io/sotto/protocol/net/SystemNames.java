package io.sotto.protocol.net;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.net.InetAddress;
import java.util.List;

/** Looks names up as the operating system does, on threads of its own: a slow DNS blocks nobody. */
public final class SystemNames implements NameResolver {
  private final WorkerExecutor threads;

  public SystemNames(WorkerExecutor threads) {
    this.threads = threads;
  }

  @Override
  public Future<List<InetAddress>> resolve(String host) {
    return threads.executeBlocking(() -> List.of(InetAddress.getAllByName(host)), false);
  }
}
