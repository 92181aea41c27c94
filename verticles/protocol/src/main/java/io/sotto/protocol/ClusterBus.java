package io.sotto.protocol;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only caller of {@code vertx.eventBus()}. Delivery is best effort: whoever must be sure asks
 * PostgreSQL. What is for this process goes straight to it: whom a node serves itself it reaches
 * also while the cluster cannot say who listens where. Failures arrive as {@link SottoException},
 * also Vert.x's own time-outs and missing handlers.
 */
public final class ClusterBus {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterBus.class);

  /** Header of what its sender has told this process already. */
  private static final String ORIGIN = "origin";

  private static final String REQUEST_ID = "request-id";
  private static final String TRACEPARENT = "traceparent";

  private final Vertx vertx;
  private final EventBus bus;
  private final String self = UUID.randomUUID().toString();
  private final Set<Ear<?>> ears = ConcurrentHashMap.newKeySet();
  private final boolean forApplications;
  private final Traces traces;

  private ClusterBus(Vertx vertx, boolean forApplications, Traces traces) {
    this.vertx = vertx;
    this.bus = vertx.eventBus();
    this.forApplications = forApplications;
    this.traces = traces;
  }

  /** As {@link #open(Vertx, boolean)}, for nodes alone. */
  public static ClusterBus open(Vertx vertx) {
    return open(vertx, false);
  }

  /**
   * Registers every codec; call once per Vert.x instance, before anything consumes. {@code
   * forApplications}: {@link PublicAddresses} are served and published on too.
   */
  public static ClusterBus open(Vertx vertx, boolean forApplications) {
    return open(vertx, forApplications, Traces.NONE);
  }

  /** As {@link #open(Vertx, boolean)}; {@code traces} are where its messages lead. */
  public static ClusterBus open(Vertx vertx, boolean forApplications, Traces traces) {
    ClusterBus opened = new ClusterBus(vertx, forApplications, traces);
    RecordCodec.all().forEach(codec -> register(opened.bus, codec));
    return opened;
  }

  private static <M extends ClusterMessage> void register(EventBus bus, RecordCodec<M> codec) {
    bus.registerDefaultCodec(codec.type(), codec);
  }

  /**
   * Sends {@code message} to one listener of {@code address} and waits for its reply, at most the
   * address's time-out: to the one in this process if there is one. An address that many serve is
   * asked in the cluster after it, when that one could not help.
   */
  public <Q extends ClusterMessage, R extends ClusterMessage> Future<R> request(
      Address<Q, R> address, Q message) {
    return request(address, message, Trail.NONE);
  }

  /**
   * As {@link #request(Address, ClusterMessage)}, on behalf of the request behind {@code trail}.
   */
  public <Q extends ClusterMessage, R extends ClusterMessage> Future<R> request(
      Address<Q, R> address, Q message, Trail trail) {
    if (!servedHere(address.name())) {
      return request(address, message, trail, false);
    }
    Future<R> here = request(address, message, trail, true);
    return address.equals(Addresses.ANY_SCHEDULER)
        ? here.recover(
            failure ->
                SottoException.of(failure).code().retryable()
                    ? request(address, message, trail, false)
                    : Future.failedFuture(failure))
        : here;
  }

  private boolean servedHere(String address) {
    return ears.stream().anyMatch(ear -> ear.address.equals(address));
  }

  private <Q extends ClusterMessage, R extends ClusterMessage> Future<R> request(
      Address<Q, R> address, Q message, Trail trail, boolean here) {
    DeliveryOptions options =
        untraced().setSendTimeout(address.timeout().toMillis()).setLocalOnly(here);
    header(options, REQUEST_ID, trail.requestId());
    header(options, TRACEPARENT, trail.traceparent());
    return bus.<R>request(address.name(), message, options)
        .map(Message::body)
        .recover(failure -> Future.failedFuture(translate(address.name(), failure)));
  }

  private static void header(DeliveryOptions options, String name, @Nullable String value) {
    if (value != null) {
      options.addHeader(name, value);
    }
  }

  /** Tells this process at once, the others when the cluster says who listens. */
  public <M extends ClusterMessage> void publish(Topic<M> topic, M message) {
    bus.publish(topic.name(), message, untraced().setLocalOnly(true));
    bus.publish(topic.name(), message, untraced().addHeader(ORIGIN, self));
  }

  /** What a message belongs to its own header says, not what its sender happens to be doing. */
  private static DeliveryOptions untraced() {
    return new DeliveryOptions().setTracingPolicy(TracingPolicy.IGNORE);
  }

  /** Spans of what is done on behalf of messages. */
  public Traces traces() {
    return traces;
  }

  /** Answers requests on {@code address}; completes when the whole cluster knows of it. */
  public <Q extends ClusterMessage, R extends ClusterMessage> Future<Registration> serve(
      Address<Q, R> address, Function<Q, Future<R>> handler) {
    return serve(address, (message, trail) -> handler.apply(message));
  }

  /** As {@link #serve(Address, Function)}, for who wants to know on whose behalf it is asked. */
  public <Q extends ClusterMessage, R extends ClusterMessage> Future<Registration> serve(
      Address<Q, R> address, BiFunction<Q, Trail, Future<R>> handler) {
    return new Ear<Q>(address.name(), message -> answer(address.name(), message, handler)).open();
  }

  /** Hears what is published, from any process, once each. */
  public <M extends ClusterMessage> Future<Registration> subscribe(
      Topic<M> topic, Consumer<M> listener) {
    return new Ear<M>(
            topic.name(),
            message -> {
              if (!self.equals(message.headers().get(ORIGIN))) {
                listener.accept(message.body());
              }
            })
        .open();
  }

  /** Whether applications may use {@link PublicAddresses}. */
  public boolean forApplications() {
    return forApplications;
  }

  /** Tells applications, wherever they listen in the cluster; without any effect if none may. */
  public void publishJson(String address, Object event) {
    if (forApplications) {
      bus.publish(address, new JsonObject(ProtocolJson.write(event)), untraced());
    }
  }

  /**
   * Answers applications on {@code address}. A refusal arrives as a failure whose code is the
   * status and whose message is the body; the status of an answer is its header {@code status}.
   * {@code handler} must not fail.
   */
  public Future<Registration> serveJson(
      String address, Function<JsonCall, Future<JsonReply>> handler) {
    return new Ear<Object>(
            address,
            message ->
                handler
                    .apply(new JsonCall(message.headers(), message.body()))
                    .onSuccess(reply -> reply(message, reply)))
        .open();
  }

  private static void reply(Message<?> message, JsonReply reply) {
    if (reply.refuses()) {
      message.fail(reply.status(), reply.body().encode());
    } else {
      String status = String.valueOf(reply.status());
      message.reply(reply.body(), new DeliveryOptions().addHeader("status", status));
    }
  }

  /** The addresses that this process listens on, for whoever checks what the cluster knows. */
  public Set<String> addresses() {
    return ears.stream().map(ear -> ear.address).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Tells the cluster anew that this process listens on {@code address}, as if for the first time.
   */
  public Future<Void> listenAnew(String address) {
    List<Future<Void>> renewed =
        ears.stream().filter(ear -> ear.address.equals(address)).map(Ear::renew).toList();
    return Future.join(renewed).mapEmpty();
  }

  /** Uses renewed certificates for connections between nodes from now on. */
  public Future<Void> renewCertificates(ServerSSLOptions server, ClientSSLOptions client) {
    return BusSockets.renew(bus, server, client);
  }

  /** A listener, and how to make it again. Its messages come on the context that opened it. */
  private final class Ear<M> implements Registration {
    private final String address;
    private final Handler<Message<M>> handler;
    private final Context context = vertx.getOrCreateContext();
    private volatile @Nullable MessageConsumer<M> consumer;

    Ear(String address, Handler<Message<M>> handler) {
      this.address = address;
      this.handler = handler;
    }

    Future<Registration> open() {
      ears.add(this);
      MessageConsumer<M> opened = consume();
      return opened
          .completion()
          .onFailure(failure -> ears.remove(this))
          .<Registration>map(done -> this);
    }

    private MessageConsumer<M> consume() {
      MessageConsumer<M> opened = bus.consumer(address);
      opened.handler(handler);
      consumer = opened;
      return opened;
    }

    /** The new one listens before the old one leaves, so that nothing is missed in between. */
    Future<Void> renew() {
      Promise<Void> renewed = Promise.promise();
      context.runOnContext(
          on -> {
            MessageConsumer<M> old = consumer;
            if (old == null || !ears.contains(this)) {
              renewed.complete();
              return;
            }
            consume().completion().eventually(old::unregister).onComplete(renewed);
          });
      return renewed.future();
    }

    @Override
    public Future<Void> close() {
      ears.remove(this);
      MessageConsumer<M> open = consumer;
      return open == null ? Future.succeededFuture() : open.unregister();
    }
  }

  private static <Q extends ClusterMessage, R extends ClusterMessage> void answer(
      String address, Message<Q> message, BiFunction<Q, Trail, Future<R>> handler) {
    Future<R> reply;
    try {
      Trail trail =
          new Trail(message.headers().get(REQUEST_ID), message.headers().get(TRACEPARENT));
      reply = handler.apply(message.body(), trail);
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
