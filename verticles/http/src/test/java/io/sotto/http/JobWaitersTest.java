package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobWaitersTest {
  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final JobWaiters waiters =
      new JobWaiters(vertx, new FakeJobStore(), new Departure(vertx));

  @BeforeEach
  void listen() {
    await(waiters.listen(bus));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  /** Polling alone would take half a minute for so many. */
  @Test
  void everyHintOfAJobWakesItsFollowersAndNobodyElse() {
    JobId job = JobId.create(1);
    AtomicInteger mine = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    JobWaiters.Watch watch = waiters.follow(job, mine::incrementAndGet);
    waiters.follow(JobId.create(2), others::incrementAndGet);
    assertEquals(2, waiters.followers());
    for (int i = 0; i < 40; i++) {
      bus.publish(Addresses.HINTS, new JobChanged(job, JobState.RUNNING));
    }
    until(() -> Future.succeededFuture(mine.get()), looks -> looks >= 40);
    assertTrue(others.get() < 20, "looked " + others.get() + " times");
    watch.close();
    assertEquals(1, waiters.followers());
  }

  @Test
  void nobodyWaitsForAJobThatIsNotThere() {
    Future<?> waiting = waiters.await(1, JobId.create(1), Duration.ofMinutes(1));
    assertEquals(404, assertThrows(ApiError.class, () -> await(waiting)).status());
  }
}
