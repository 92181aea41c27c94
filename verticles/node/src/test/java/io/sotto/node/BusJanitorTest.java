package io.sotto.node;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.multimap.MultiMap;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Address;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.vertx.core.Future;
import io.vertx.core.spi.cluster.RegistrationInfo;
import io.vertx.spi.cluster.hazelcast.impl.HazelcastRegistrationInfo;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members of one cluster whose list of listeners is made wrong. */
@Timeout(value = 150, unit = TimeUnit.SECONDS)
class BusJanitorTest {
  private static final CancelJob COMMAND = new CancelJob(JobId.create(0));
  private static BusMember application;
  private static BusMember oldest;
  private static BusMember younger;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final BusJanitor senior = new BusJanitor(oldest.hazelcast(), oldest.bus, meters);
  private final BusJanitor junior = new BusJanitor(younger.hazelcast(), younger.bus, meters);
  private final Address<WorkerCommand, Ack> worker = Addresses.worker(NodeId.create());

  @BeforeAll
  static void join() {
    application = BusMember.joinAsApplication();
    oldest = BusMember.join();
    younger = BusMember.join();
  }

  @AfterAll
  static void leave() {
    younger.close();
    oldest.close();
    application.close();
  }

  private static MultiMap<String, HazelcastRegistrationInfo> rows() {
    return oldest.hazelcast().getMultiMap("__vertx.subs");
  }

  private double counted(String name) {
    return meters.counter(name).count();
  }

  private double gauge(String name) {
    return meters.get(name).gauge().value();
  }

  /** Whether so many requests in a row are answered. */
  private boolean answered(int requests) {
    for (int i = 0; i < requests; i++) {
      if (!await(oldest.bus.request(worker, COMMAND).map(true).otherwise(false))) {
        return false;
      }
    }
    return true;
  }

  @Test
  void rowsOfTheDeadAreRemovedByTheOldestNode() {
    for (long seq = 0; seq < 3; seq++) {
      RegistrationInfo dead = new RegistrationInfo("of-a-node-that-died", seq, false);
      rows().put(worker.name(), new HazelcastRegistrationInfo(dead));
    }
    await(younger.bus.serve(worker, command -> Future.succeededFuture(new Ack())));
    assertEquals(4, rows().valueCount(worker.name()));
    junior.look();
    junior.look();
    senior.look();
    assertEquals(4, rows().valueCount(worker.name()), "one look proves nothing");
    assertEquals(1, gauge("sotto.bus.untrue.subscriptions"), "a node that is none");
    senior.look();
    assertEquals(1, rows().valueCount(worker.name()));
    assertEquals(3, counted("sotto.bus.stale.subscriptions"));
    senior.look();
    assertEquals(0, gauge("sotto.bus.untrue.subscriptions"));
    assertEquals(3, gauge("sotto.cluster.members"), "an application is a member too");
    assertEquals(5, counted("sotto.bus.looks"));
    // members learn of removed rows a little after those are removed: then every request arrives
    until(() -> Future.succeededFuture(answered(4)), all -> all);
    assertEquals(0, counted("sotto.bus.lost.subscriptions"));
  }

  @Test
  void ownRowsThatWereLostComeBack() {
    await(younger.bus.serve(worker, command -> Future.succeededFuture(new Ack())));
    for (Map.Entry<String, HazelcastRegistrationInfo> row : rows().entrySet()) {
      if (row.getValue().unwrap().nodeId().equals(younger.id())) {
        rows().remove(row.getKey(), row.getValue());
      }
    }
    assertEquals(0, rows().valueCount(worker.name()));
    junior.look();
    assertEquals(0, rows().valueCount(worker.name()), "one look proves nothing");
    junior.look();
    until(() -> Future.succeededFuture(rows().valueCount(worker.name())), found -> found == 1);
    assertTrue(counted("sotto.bus.lost.subscriptions") >= 1);
    until(
        () -> oldest.bus.request(worker, COMMAND).map(true).otherwise(false), answered -> answered);
    junior.look();
    assertEquals(1, rows().valueCount(worker.name()), "the old row is not there beside the new");
  }
}
