package io.sotto.protocol;

import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.ServerSSLOptions;
import java.lang.reflect.Field;

/**
 * The sockets of the clustered event bus. Vert.x can renew certificates of servers and clients that
 * run, and has no door to those of its bus: they are taken out of its fields, which a test watches.
 */
final class BusSockets {
  private BusSockets() {}

  /** Connections from now on use these; those that are there stay as they are. */
  static Future<Void> renew(EventBus bus, ServerSSLOptions server, ClientSSLOptions client) {
    try {
      NetServer listening = (NetServer) field(bus, "server");
      NetClient connecting = (NetClient) field(bus, "client");
      return Future.join(
              listening.updateSSLOptions(server, true), connecting.updateSSLOptions(client, true))
          .mapEmpty();
    } catch (ReflectiveOperationException | ClassCastException e) {
      return Future.failedFuture(
          new SottoException(
              FailureCode.INTERNAL, "this Vert.x keeps the bus's sockets elsewhere", e));
    }
  }

  private static Object field(EventBus bus, String name) throws ReflectiveOperationException {
    Field field = bus.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(bus);
  }
}
