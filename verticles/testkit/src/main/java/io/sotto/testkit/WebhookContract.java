package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Sent;
import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every job store promises of webhooks. */
public abstract class WebhookContract extends ContractJobs {
  /** Claims until something to this test's host is among it; the rest is given back. */
  private List<Delivery> claim(Duration lease) {
    List<Delivery> ours = new ArrayList<>();
    for (Delivery delivery : await(store.webhooks().claim(scheduler, 1_000, Busy.NOBODY, lease))) {
      if (delivery.webhook().host().equals(host)) {
        ours.add(delivery);
      } else {
        await(store.webhooks().release(delivery, Duration.ZERO));
      }
    }
    return ours;
  }

  private static Settlement settlement(State state, Duration wait, Integer status) {
    return new Settlement(state, wait, new Answer(status, null, null, 12));
  }

  @Test
  void theLastCommitWritesTheEventAndNoneBefore() {
    JobId job = insert();
    List<Lease> leases = running(job, 2);
    await(store.commit(result(leases.getFirst(), DIGEST)));
    assertEquals(List.of(), log(job));
    for (int again = 0; again < 3; again++) {
      assertTrue(await(store.commit(result(leases.getLast(), DIGEST))).accepted());
      Entry entry = only(job);
      assertEquals("transcription.completed", entry.type());
      assertEquals(State.PENDING, entry.state());
    }
    assertEquals(1, claim(LONG).size());
  }

  @Test
  void everyWayAJobEndsWritesItsEventOnce() {
    JobId silent = insert();
    ChunksPrepared nothing = prepared(silent, prepare(silent), 0);
    await(store.recordChunks(nothing, LONG));
    await(store.recordChunks(nothing, LONG));
    assertEquals("transcription.completed", only(silent).type());

    JobId bad = insert();
    PreparationFailed report =
        new PreparationFailed(bad, prepare(bad), node, FailureCode.BAD_AUDIO, "no audio");
    await(store.failPreparation(report));
    await(store.failPreparation(report));
    assertEquals("transcription.failed", only(bad).type());

    JobId fatal = insert();
    Lease lease = running(fatal, 1).getFirst();
    ChunkFailed failed =
        new ChunkFailed(lease.chunk(), 1, node, FailureCode.BAD_REQUEST, "no", true);
    await(store.fail(failed));
    await(store.fail(failed));
    assertEquals("transcription.failed", only(fatal).type());

    JobId cancelled = insert();
    await(store.cancel(TENANT, cancelled));
    await(store.cancel(TENANT, cancelled));
    assertEquals("transcription.cancelled", only(cancelled).type());
  }

  @Test
  void aJobThatThreeDeathsEndedIsAnnounced() {
    JobId job = insert();
    await(store.recordChunks(prepared(job, prepare(job), 1), LONG));
    for (int death = 1; death <= 3; death++) {
      until(this::claimAny, claimed -> claimed);
      assertEquals(List.of(), log(job));
      await(store.releaseWork(scheduler, List.of(node), LONG));
    }
    assertEquals("transcription.failed", only(job).type());
  }

  /** In turn, or alone. */
  private Future<Boolean> claimAny() {
    return store
        .claimChunks(scheduler, node, List.of(model), 1, LONG)
        .compose(
            usual ->
                usual.isEmpty()
                    ? store
                        .claimSuspect(scheduler, node, List.of(model), LONG)
                        .map(Optional::isPresent)
                    : Future.succeededFuture(true));
  }

  @Test
  void cancelAndCompletionWriteOneEvent() {
    for (int i = 0; i < 10; i++) {
      JobId job = insert();
      Lease lease = running(job, 1).getFirst();
      Future<Boolean> cancelled = store.cancel(TENANT, job);
      Future<Commit> committed = store.commit(result(lease, DIGEST));
      await(cancelled);
      await(committed);
      assertEquals("transcription." + view(job).state().wire(), only(job).type());
    }
  }

  @Test
  void aJobWithoutWebhookWritesNothing() {
    NewJob quiet = job("p");
    await(store.insert(quiet));
    complete(quiet.id(), 1, DIGEST);
    assertEquals(List.of(), log(quiet.id()));
    assertEquals(0, await(store.webhooks().replay(TENANT, quiet.id())));
  }

  @Test
  void aDeliveryIsClaimedByOneAtATimeAndSettledByItsHolder() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    Delivery first = claim(SHORT).getFirst();
    assertEquals(webhook, first.webhook());
    assertEquals(TENANT, first.tenantId());
    Delivery second =
        until(() -> Future.succeededFuture(claim(LONG)), c -> !c.isEmpty()).getFirst();
    assertEquals(first.id(), second.id());
    assertEquals(first.claim() + 1, second.claim());
    assertEquals(List.of(), claim(LONG), "leased");
    Settlement done = settlement(State.DELIVERED, Duration.ZERO, 200);
    assertFalse(await(store.webhooks().settle(first, done)), "fenced");
    assertTrue(log(job).getFirst().log().isEmpty());
    assertTrue(await(store.webhooks().settle(second, done)));
    assertFalse(await(store.webhooks().settle(second, done)), "once");
    assertEquals(List.of(), claim(LONG));
    Entry entry = only(job);
    assertEquals(State.DELIVERED, entry.state());
    assertNull(entry.nextAt());
    assertEquals(200, entry.log().getFirst().answer().status());
  }

  @Test
  void aFailedTryComesAgainWhenItsTimeHasComeUnderTheSameId() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    Delivery first = claim(LONG).getFirst();
    await(
        store
            .webhooks()
            .settle(
                first,
                new Settlement(
                    State.PENDING, LONG, new Answer(null, "connect", "nobody listens", 3))));
    assertEquals(List.of(), claim(LONG), "not yet");
    assertEquals(1, await(store.webhooks().replay(TENANT, job)));
    Delivery second = claim(LONG).getFirst();
    assertEquals(first.id(), second.id());
    assertEquals(0, second.tries(), "the schedule starts anew");
    await(store.webhooks().settle(second, settlement(State.PENDING, Duration.ZERO, 500)));
    Delivery third = claim(LONG).getFirst();
    assertEquals(1, third.tries());
    await(store.webhooks().settle(third, settlement(State.DISABLED, Duration.ZERO, 410)));
    assertEquals(List.of(), claim(LONG));
    Entry entry = only(job);
    assertEquals(List.of(1, 2, 3), entry.log().stream().map(t -> t.n()).toList());
    assertEquals(new Answer(null, "connect", "nobody listens", 3), entry.log().getFirst().answer());
    assertEquals(State.DISABLED, entry.state());
    assertEquals(0, await(store.webhooks().replay(TENANT + 1, job)), "another tenant's");
    assertEquals(List.of(), await(store.webhooks().log(TENANT + 1, job)));
  }

  @Test
  void aTenantSeesItsDeliveriesTheLatestFirst() {
    JobId older = insert();
    JobId newer = insert();
    await(store.cancel(TENANT, older));
    await(store.cancel(TENANT, newer));
    insert();
    assertEquals(List.of(newer, older), recent(TENANT, null));
    Delivery first = claim(LONG).getFirst();
    await(store.webhooks().settle(first, settlement(State.DELIVERED, Duration.ZERO, 204)));
    JobId other = first.job().equals(older) ? newer : older;
    assertEquals(List.of(first.job()), recent(TENANT, State.DELIVERED));
    assertEquals(List.of(other), recent(TENANT, State.PENDING));
    assertEquals(List.of(), recent(TENANT + 1, null), "another tenant's");
    assertEquals(1, await(store.webhooks().recent(TENANT, null, 1)).size());
  }

  /** Of this test's jobs: tests share a store. */
  private List<JobId> recent(long tenant, @Nullable State state) {
    return await(store.webhooks().recent(tenant, state, 100)).stream()
        .map(Sent::job)
        .filter(job -> await(store.find(tenant, job)).filter(this::ours).isPresent())
        .toList();
  }

  private boolean ours(JobView job) {
    return job.options().model().equals(model);
  }

  @Test
  void oneEventIsSentAgainByItsId() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    Delivery first = claim(LONG).getFirst();
    await(store.webhooks().settle(first, settlement(State.FAILED, Duration.ZERO, 500)));
    assertTrue(await(store.webhooks().replay(TENANT + 1, first.id())).isEmpty());
    assertTrue(await(store.webhooks().replay(TENANT, "msg_none")).isEmpty());
    assertEquals(List.of(), claim(LONG));
    assertEquals(job, await(store.webhooks().replay(TENANT, first.id())).orElseThrow());
    assertEquals(first.id(), claim(LONG).getFirst().id());
  }

  @Test
  void busyHostsAndDeadSchedulersGetNothing() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    assertTrue(
        await(store.webhooks().claim(scheduler, 1_000, new Busy(Set.of(host), Set.of()), SHORT))
            .stream()
            .noneMatch(delivery -> delivery.webhook().host().equals(host)));
    assertEquals(List.of(), await(store.webhooks().claim(NodeId.create(), 10, Busy.NOBODY, LONG)));
    assertEquals(1, until(() -> Future.succeededFuture(claim(LONG)), c -> !c.isEmpty()).size());
  }

  @Test
  void claimersNeverShareADelivery() {
    Set<JobId> jobs = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      JobId job = insert();
      await(store.cancel(TENANT, job));
      jobs.add(job);
    }
    List<Future<List<Delivery>>> claims = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      claims.add(store.webhooks().claim(scheduler, 5, Busy.NOBODY, LONG));
    }
    Set<String> seen = new HashSet<>();
    for (Future<List<Delivery>> claim : claims) {
      await(claim).forEach(delivery -> assertTrue(seen.add(delivery.id()), delivery::toString));
    }
    claim(LONG).forEach(delivery -> assertTrue(seen.add(delivery.id())));
    jobs.forEach(job -> assertTrue(seen.contains(only(job).id())));
  }
}
