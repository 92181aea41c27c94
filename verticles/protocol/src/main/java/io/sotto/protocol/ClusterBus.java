package io.sotto.protocol;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only caller of {@code vertx.eventBus()}. Delivery is best effort: whoever must be sure asks
 * PostgreSQL. Failures arrive as {@link SottoException}, also Vert.x's own time-outs and missing
 * handlers.
 */
public final class ClusterBus {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterBus.class);
  private final EventBus bus;

  private ClusterBus(EventBus bus) {
    this.bus = bus;
  }

  /** Registers every codec; call once per Vert.x instance, before anything consumes. */
  public static ClusterBus open(Vertx vertx) {
    EventBus bus = vertx.eventBus();
    RecordCodec.all().forEach(codec -> register(bus, codec));
    return new ClusterBus(bus);
  }

  private static <M extends ClusterMessage> void register(EventBus bus, RecordCodec<M> codec) {
    bus.registerDefaultCodec(codec.type(), codec);
  }

  /**
   * Sends {@code message} to one listener of {@code address} and waits for its reply, at most the
   * address's time-out.
   */
  public <Q extends ClusterMessage, R extends ClusterMessage> Future<R> request(
      Address<Q, R> address, Q message) {
    DeliveryOptions options = new DeliveryOptions().setSendTimeout(address.timeout().toMillis());
    return bus.<R>request(address.name(), message, options)
        .map(Message::body)
        .recover(failure -> Future.failedFuture(translate(address.name(), failure)));
  }

  public <M extends ClusterMessage> void publish(Topic<M> topic, M message) {
    bus.publish(topic.name(), message);
  }

  /** Answers requests on {@code address}; completes when the whole cluster knows of it. */
  public <Q extends ClusterMessage, R extends ClusterMessage> Future<Registration> serve(
      Address<Q, R> address, Function<Q, Future<R>> handler) {
    MessageConsumer<Q> consumer = bus.consumer(address.name());
    consumer.handler(message -> answer(address.name(), message, handler));
    return consumer.completion().map(done -> consumer::unregister);
  }

  private static <Q extends ClusterMessage, R extends ClusterMessage> void answer(
      String address, Message<Q> message, Function<Q, Future<R>> handler) {
    Future<R> reply;
    try {
      reply = handler.apply(message.body());
    } catch (RuntimeException e) {
      reply = Future.failedFuture(e);
    }
    reply.onComplete(message::reply, failure -> refuse(address, message, failure));
  }

  private static void refuse(String address, Message<?> message, Throwable failure) {
    SottoException reason = SottoException.of(failure);
    if (reason.code() == FailureCode.INTERNAL) {
      LOG.error("handler of {} failed", address, failure);
    }
    message.fail(reason.code().wire(), reason.reason());
  }

  public <M extends ClusterMessage> Future<Registration> subscribe(
      Topic<M> topic, Consumer<M> listener) {
    MessageConsumer<M> consumer = bus.consumer(topic.name());
    consumer.handler(message -> listener.accept(message.body()));
    return consumer.completion().map(done -> consumer::unregister);
  }

  private static SottoException translate(String address, Throwable failure) {
    if (!(failure instanceof ReplyException reply)) {
      return SottoException.of(failure);
    }
    FailureCode code =
        switch (reply.failureType()) {
          case TIMEOUT -> FailureCode.TIMEOUT;
          case NO_HANDLERS -> FailureCode.NO_NODE;
          case RECIPIENT_FAILURE ->
              FailureCode.fromWire(reply.failureCode()).orElse(FailureCode.INTERNAL);
          case ERROR -> FailureCode.INTERNAL;
        };
    return new SottoException(code, address + ": " + reply.getMessage());
  }

  /** A listener on the bus. */
  @FunctionalInterface
  public interface Registration {
    /** Stops listening; completes when the whole cluster knows of it. */
    Future<Void> close();
  }
}
