package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.EndpointStore.NewEndpoint;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.NewJob;
import io.sotto.storage.RetentionStore.Expired;
import io.sotto.storage.RetentionStore.Needs;
import io.sotto.storage.RetentionStore.Usual;
import io.sotto.storage.RetentionStore.Witness;
import io.sotto.storage.Tenant;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link io.sotto.storage.RetentionStore} keeps to. Each test has a tenant of its own.
 */
public abstract class RetentionContract extends ContractJobs {
  private static final int ALL = 10_000;
  private static final Witness NOBODY = Witness.NONE;
  private final long tenant = ThreadLocalRandom.current().nextLong(1000, Integer.MAX_VALUE);

  private void keep(@Nullable Duration audio, @Nullable Duration transcripts) {
    await(store.putTenant(new Tenant(tenant, "", 1, null, audio, transcripts)));
  }

  private JobId mine(boolean announced) {
    NewJob like = job("p");
    NewJob job =
        new NewJob(
            like.id(), tenant, null, "h", like.options(), like.audio(), "a.mp3", "audio/mpeg");
    assertTrue(await(store.insert(announced ? job.withWebhook(webhook) : job)).created());
    return job.id();
  }

  private JobId completed(boolean announced) {
    JobId job = mine(announced);
    running(job, 2).forEach(lease -> await(store.commit(result(lease, DIGEST))));
    assertEquals(JobState.COMPLETED, await(store.find(tenant, job)).orElseThrow().state());
    return job;
  }

  private boolean due(JobId job, Usual usual) {
    return await(store.retention().expired(usual, ALL)).contains(job);
  }

  private Optional<Expired> expire(JobId job, Usual usual) {
    return await(store.retention().expire(job, usual, NOBODY));
  }

  private static Usual usual(Duration audio, Duration transcripts, Duration webhooks) {
    return new Usual(audio, transcripts, webhooks);
  }

  @Test
  void aJobGoesWhenItsTenantsTimeIsOverAndNotWhileItIsUnderWay() {
    keep(null, Duration.ZERO);
    JobId job = mine(false);
    assertFalse(due(job, Usual.ALL), "accepted");
    assertEquals(Optional.empty(), expire(job, Usual.ALL));
    List<Lease> leases = running(job, 2);
    await(store.commit(result(leases.getFirst(), DIGEST)));
    assertFalse(due(job, Usual.ALL), "running");
    assertEquals(Optional.empty(), expire(job, Usual.ALL));
    await(store.commit(result(leases.getLast(), DIGEST)));
    until(() -> store.retention().expired(Usual.ALL, ALL), found -> found.contains(job));
    Expired expired = expire(job, Usual.ALL).orElseThrow();
    assertEquals(tenant, expired.tenant());
    assertEquals(List.of(2, 2, 0), List.of(expired.chunks(), expired.results(), expired.events()));
    assertEquals(sha, expired.audioSha256());
    assertEquals(64, expired.resultsSha256().length());
    assertEquals(Optional.empty(), await(store.find(tenant, job)));
    assertEquals(List.of(), await(store.results(job)));
    assertEquals(Optional.empty(), expire(job, Usual.ALL), "a second time");
    assertFalse(due(job, Usual.ALL));
    assertTrue(await(store.deleted(ALL)).contains(job), "its audio is still to be deleted");
    assertTrue(await(store.forget(job)));
    assertFalse(await(store.forget(job)), "a second time");
  }

  @Test
  void aTenantWithoutATimeOfItsOwnHasTheUsualOne() {
    JobId job = completed(false);
    Usual none = usual(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    Usual hour = usual(Duration.ZERO, Duration.ofHours(1), Duration.ZERO);
    assertFalse(due(job, Usual.ALL));
    assertFalse(due(job, hour));
    until(() -> store.retention().expired(none, ALL), found -> found.contains(job));
    keep(null, Duration.ofHours(1));
    assertFalse(due(job, none), "its own comes first");
    assertEquals(Optional.empty(), expire(job, none));
    keep(null, null);
    assertTrue(expire(job, none).isPresent());
    await(store.forget(job));
  }

  @Test
  void aWebhookThatIsStillToBeDeliveredKeepsItsJobForABoundedTime() {
    keep(null, Duration.ZERO);
    JobId job = completed(true);
    Usual patient = usual(Duration.ZERO, Duration.ZERO, Duration.ofHours(1));
    Usual hasty = usual(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    until(() -> store.retention().expired(hasty, ALL), found -> found.contains(job));
    assertFalse(due(job, patient));
    assertEquals(Optional.empty(), expire(job, patient));
    Settlement delivered =
        new Settlement(State.DELIVERED, Duration.ZERO, new Answer(200, null, null, 1));
    assertTrue(await(store.webhooks().settle(claim(job), delivered)));
    assertTrue(due(job, patient));
    assertEquals(1, expire(job, patient).orElseThrow().events());
    assertEquals(List.of(), await(store.webhooks().log(tenant, job)));
    await(store.forget(job));
  }

  @Test
  void whatAnEndpointIsStillToBeToldKeepsItsJobToo() {
    keep(null, Duration.ZERO);
    NewEndpoint endpoint =
        new NewEndpoint(
            UUID.randomUUID(), tenant, null, "h", "https://h/x", "h", WebhookEndpoint.EVENTS, "s");
    assertTrue(await(store.endpoints().create(endpoint, 1)).isPresent());
    JobId job = completed(false);
    Usual patient = usual(Duration.ZERO, Duration.ZERO, Duration.ofHours(1));
    Usual hasty = usual(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    until(() -> store.retention().expired(hasty, ALL), found -> found.contains(job));
    assertFalse(due(job, patient));
    assertEquals(1, expire(job, hasty).orElseThrow().events());
    await(store.forget(job));
    assertTrue(await(store.endpoints().delete(tenant, endpoint.id())));
  }

  private Delivery claim(JobId job) {
    return until(
            () -> store.webhooks().claim(scheduler, ALL, Busy.NOBODY, LONG),
            claimed -> claimed.stream().anyMatch(one -> one.job().equals(job)))
        .stream()
        .filter(one -> one.job().equals(job))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aKeptRecordingGoesOnceAndItsJobStays() {
    keep(Duration.ZERO, null);
    JobId job = completed(false);
    assertFalse(worn(job, Usual.ALL), "its chunks are not cleaned yet");
    await(store.markCleaned(job, true));
    until(() -> store.retention().worn(Usual.ALL, ALL), found -> found.contains(job));
    keep(Duration.ofHours(1), null);
    assertFalse(worn(job, usual(Duration.ZERO, Duration.ZERO, Duration.ZERO)));
    keep(Duration.ZERO, null);
    await(store.retention().uploadGone(job, NOBODY));
    assertFalse(worn(job, Usual.ALL));
    assertEquals(2, await(store.results(job)).size());
    JobId bare = completed(false);
    await(store.markCleaned(bare, false));
    assertFalse(worn(bare, Usual.ALL), "there is nothing of it");
  }

  private boolean worn(JobId job, Usual usual) {
    return await(store.retention().worn(usual, ALL)).contains(job);
  }

  private @Nullable Needs needs(JobId job) {
    return await(store.retention().needs(List.of(job))).get(job);
  }

  @Test
  void aJobNeedsItsObjectsUntilTheyWereCleaned() {
    JobId job = mine(false);
    assertEquals(new Needs(true, true), needs(job));
    running(job, 2).forEach(lease -> await(store.commit(result(lease, DIGEST))));
    assertEquals(new Needs(true, true), needs(job));
    await(store.markCleaned(job, true));
    assertEquals(new Needs(true, false), needs(job));
    await(store.retention().uploadGone(job, NOBODY));
    assertEquals(new Needs(false, false), needs(job));
    JobId unknown = JobId.create(0);
    assertEquals(Map.of(), await(store.retention().needs(List.of(unknown))));
  }

  @Test
  void anOrphanIsDueWhenItWasMetLongAgoAndInEveryPassSince() {
    List<String> keys = List.of("uploads/" + UUID.randomUUID(), "uploads/" + UUID.randomUUID());
    Duration age = Duration.ofMillis(50);
    assertEquals(Set.of(), met(keys, Duration.ofHours(1)));
    until(() -> store.retention().metOrphans(keys, age), due -> due.size() == keys.size());
    await(store.retention().passEnded(Duration.ofHours(1)));
    assertEquals(Set.copyOf(keys), met(keys, age), "they were met in that pass");
    await(store.retention().passEnded(Duration.ZERO));
    assertEquals(Set.of(), met(keys, age), "they were not, and begin anew");
    until(() -> store.retention().metOrphans(keys, age), due -> due.size() == keys.size());
    await(store.retention().orphansDeleted(keys, NOBODY));
    assertEquals(Set.of(), met(keys, age), "they are gone, and others of their names begin anew");
  }

  private Set<String> met(List<String> keys, Duration age) {
    return Set.copyOf(await(store.retention().metOrphans(keys, age)));
  }
}
