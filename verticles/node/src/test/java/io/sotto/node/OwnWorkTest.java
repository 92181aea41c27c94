package io.sotto.node;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.sotto.protocol.Ack;
import io.sotto.protocol.Address;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.SottoException;
import io.vertx.core.Future;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node says to itself needs nobody else. */
@Timeout(value = 150, unit = TimeUnit.SECONDS)
class OwnWorkTest {
  private static final JobId JOB = JobId.create(0);
  private static final SchedulerReport REPORT =
      new PreparationFailed(JOB, 1, NodeId.create(), FailureCode.BAD_AUDIO, "empty");
  private BusMember one;
  private BusMember two;

  @BeforeEach
  void join() {
    one = BusMember.join();
    two = BusMember.join();
  }

  @AfterEach
  void leave() {
    two.close();
    one.close();
  }

  private static Future<Ack> ack() {
    return Future.succeededFuture(new Ack());
  }

  @Test
  void aNodeServesItselfWhileTheClusterAnswersNobody() throws Exception {
    Address<WorkerCommand, Ack> worker = Addresses.worker(NodeId.create());
    BlockingQueue<JobId> heard = new LinkedBlockingQueue<>();
    await(one.bus.serve(worker, command -> ack()));
    await(one.bus.serve(Addresses.ANY_SCHEDULER, report -> ack()));
    await(one.bus.subscribe(Addresses.HINTS, hint -> heard.add(hint.job())));
    one.deafen();
    assertEquals(new Ack(), await(one.bus.request(worker, new CancelJob(JOB))));
    assertEquals(new Ack(), await(one.bus.request(Addresses.ANY_SCHEDULER, REPORT)));
    one.bus.publish(Addresses.HINTS, new JobAccepted(JOB));
    assertEquals(JOB, heard.poll(5, TimeUnit.SECONDS));
  }

  @Test
  void everybodyHearsOnce() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    Set<String> met = ConcurrentHashMap.newKeySet();
    listen(one, "one", heard, met);
    listen(two, "two", heard, met);
    // members learn of a new listener a little after it has been told that it is known
    greet(one, two, met, "two");
    greet(two, one, met, "one");
    one.bus.publish(Addresses.HINTS, new JobAccepted(JOB));
    assertEquals("one", heard.poll(5, TimeUnit.SECONDS));
    assertEquals("two", heard.poll(5, TimeUnit.SECONDS));
    two.bus.publish(Addresses.HINTS, new JobAccepted(JOB));
    assertEquals("two", heard.poll(5, TimeUnit.SECONDS));
    assertEquals("one", heard.poll(5, TimeUnit.SECONDS));
    // whatever were heard twice would have come before an answer over the same connections
    Address<WorkerCommand, Ack> there = Addresses.worker(NodeId.create());
    await(two.bus.serve(there, command -> ack()));
    await(one.bus.request(there, new CancelJob(JOB)));
    assertNull(heard.poll());
  }

  private static void listen(BusMember member, String name, Queue<String> heard, Set<String> met) {
    await(
        member.bus.subscribe(
            Addresses.HINTS,
            hint -> {
              if (hint.job().equals(JOB)) {
                heard.add(name);
              } else {
                met.add(hint.job() + " " + name);
              }
            }));
  }

  /** Until {@code to}, whose name is {@code name}, hears what {@code from} publishes. */
  private static void greet(BusMember from, BusMember to, Set<String> met, String name) {
    JobId greeting = JobId.create(1);
    Address<WorkerCommand, Ack> there = Addresses.worker(NodeId.create());
    await(to.bus.serve(there, command -> ack()));
    until(
        () -> {
          from.bus.publish(Addresses.HINTS, new JobAccepted(greeting));
          return from.bus
              .request(there, new CancelJob(JOB))
              .map(answered -> met.contains(greeting + " " + name))
              .otherwise(false);
        },
        heard -> heard);
  }

  @Test
  void aSchedulerThatCannotIsPassedOver() {
    await(
        one.bus.serve(
            Addresses.ANY_SCHEDULER,
            report -> Future.failedFuture(new SottoException(FailureCode.STORE_DOWN, "away"))));
    await(two.bus.serve(Addresses.ANY_SCHEDULER, report -> ack()));
    // members learn of a new listener a little after it has been told that it is known
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    Ack answer = null;
    while (answer == null && System.nanoTime() - deadline < 0) {
      answer = await(one.bus.request(Addresses.ANY_SCHEDULER, REPORT).otherwiseEmpty());
    }
    assertEquals(new Ack(), answer);
  }
}
