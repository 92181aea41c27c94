package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests, refusals and hints over a bus of one node. */
class ClusterBusTest {
  private static final JobId JOB = JobId.create(0);
  private final NodeId node = NodeId.create();
  private Vertx vertx;
  private ClusterBus bus;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    bus = ClusterBus.open(vertx);
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void aRequestIsAnswered() throws Exception {
    CompletableFuture<ClusterMessage> heard = new CompletableFuture<>();
    bus.serve(
            Addresses.worker(node),
            command -> {
              heard.complete(command);
              return Future.succeededFuture(new Ack());
            })
        .await();
    assertEquals(new Ack(), bus.request(Addresses.worker(node), new CancelJob(JOB)).await());
    assertEquals(new CancelJob(JOB), heard.get(5, TimeUnit.SECONDS));
  }

  @Test
  void theIdsOfARequestGoWithIt() throws Exception {
    BlockingQueue<Trail> heard = new LinkedBlockingQueue<>();
    bus.serve(
            Addresses.worker(node),
            (command, trail) -> {
              heard.add(trail);
              return Future.succeededFuture(new Ack());
            })
        .await();
    Trail trail = new Trail("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    bus.request(Addresses.worker(node), new CancelJob(JOB), trail).await();
    assertEquals(trail, heard.poll(5, TimeUnit.SECONDS));
    bus.request(Addresses.worker(node), new CancelJob(JOB)).await();
    assertEquals(Trail.NONE, heard.poll(5, TimeUnit.SECONDS), "as a node of before sends it");
  }

  @Test
  void aRefusalKeepsItsCode() {
    bus.serve(
            Addresses.worker(node),
            command -> Future.failedFuture(new SottoException(FailureCode.WORKER_FULL, "8 of 8")))
        .await();
    assertEquals(FailureCode.WORKER_FULL, failure(Addresses.worker(node)).code());
  }

  @Test
  void aHandlerThatThrowsIsAnInternalFailureAndStillAnswers() {
    bus.serve(
            Addresses.worker(node),
            command -> {
              throw new IllegalStateException("defect");
            })
        .await();
    assertEquals(FailureCode.INTERNAL, failure(Addresses.worker(node)).code());
  }

  @Test
  void nobodyThereAndNoAnswerAreTwoFailures() {
    assertEquals(FailureCode.NO_NODE, failure(Addresses.worker(node)).code());
    Address<ClusterMessage.WorkerCommand, Ack> brief =
        new Address<>(
            "silent", ClusterMessage.WorkerCommand.class, Ack.class, Duration.ofMillis(20));
    bus.serve(brief, command -> Future.future(never -> {})).await();
    assertEquals(FailureCode.TIMEOUT, failure(brief).code());
  }

  private SottoException failure(Address<ClusterMessage.WorkerCommand, Ack> address) {
    Future<Ack> reply = bus.request(address, new CancelJob(JOB));
    return assertThrows(SottoException.class, reply::await);
  }

  @Test
  void hintsReachEveryListenerUntilItLeaves() throws Exception {
    CompletableFuture<JobId> one = new CompletableFuture<>();
    CompletableFuture<JobId> two = new CompletableFuture<>();
    bus.subscribe(Addresses.HINTS, hint -> one.complete(hint.job())).await();
    ClusterBus.Registration leaving =
        bus.subscribe(Addresses.HINTS, hint -> two.completeExceptionally(new AssertionError()))
            .await();
    leaving.close().await();
    bus.publish(Addresses.HINTS, new JobAccepted(JOB));
    assertEquals(JOB, one.get(5, TimeUnit.SECONDS));
    assertEquals(false, two.isDone());
  }

  @Test
  void whoeverListensAnewHearsEverythingOnce() {
    AtomicInteger heard = new AtomicInteger();
    bus.serve(Addresses.worker(node), command -> Future.succeededFuture(new Ack())).await();
    ClusterBus.Registration hints =
        bus.subscribe(Addresses.HINTS, hint -> heard.incrementAndGet()).await();
    Set<String> addresses = Set.of(Addresses.worker(node).name(), Addresses.HINTS.name());
    assertEquals(addresses, bus.addresses());
    addresses.forEach(address -> bus.listenAnew(address).await());
    assertEquals(addresses, bus.addresses());
    bus.publish(Addresses.HINTS, new JobAccepted(JOB));
    assertEquals(new Ack(), bus.request(Addresses.worker(node), new CancelJob(JOB)).await());
    hints.close().await();
    bus.publish(Addresses.HINTS, new JobAccepted(JOB));
    assertEquals(new Ack(), bus.request(Addresses.worker(node), new CancelJob(JOB)).await());
    assertEquals(1, heard.get());
    assertEquals(Set.of(Addresses.worker(node).name()), bus.addresses());
  }
}
