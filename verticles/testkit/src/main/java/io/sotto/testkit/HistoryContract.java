package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.HistoryStore.Deleted;
import io.sotto.storage.HistoryStore.Page;
import io.sotto.storage.HistoryStore.Place;
import io.sotto.storage.HistoryStore.Query;
import io.sotto.storage.HistoryStore.Sort;
import io.sotto.storage.JobStore.Inserted;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every job store promises of lists of jobs, and of jobs that are deleted. */
public abstract class HistoryContract extends ContractJobs {
  private Query all(Sort sort, boolean ascending, @Nullable Place after, int skip, int limit) {
    return new Query(null, null, model, null, null, sort, ascending, after, skip, limit);
  }

  private Query where(@Nullable JobState state, @Nullable Instant after, @Nullable Instant before) {
    return new Query(state, "en", model, after, before, Sort.CREATED_AT, false, null, 0, 100);
  }

  private static List<JobId> ids(Page page) {
    return page.jobs().stream().map(JobView::id).toList();
  }

  /** Of 1, 2, 3 … chunks, and so of different lengths; the last is not begun. */
  private List<JobId> several(int number) {
    List<JobId> jobs = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      JobId job = insert();
      if (i < number - 1) {
        complete(job, number - i, DIGEST);
      }
      jobs.add(job);
    }
    return jobs;
  }

  @Test
  void everyOrderIsReadPageByPageWithoutGapOrDouble() {
    List<JobId> made = several(5);
    for (Sort sort : Sort.values()) {
      for (boolean ascending : new boolean[] {true, false}) {
        Page whole = await(store.list(TENANT, all(sort, ascending, null, 0, 100)));
        assertEquals(5, whole.total());
        assertNull(whole.next());
        List<JobId> bySkip = new ArrayList<>();
        List<JobId> byPlace = new ArrayList<>();
        Place next = null;
        for (int page = 0; page < 3; page++) {
          bySkip.addAll(ids(await(store.list(TENANT, all(sort, ascending, null, 2 * page, 2)))));
          Page found = await(store.list(TENANT, all(sort, ascending, next, 0, 2)));
          assertEquals(5, found.total(), "of all, not of what follows");
          byPlace.addAll(ids(found));
          next = found.next();
        }
        assertNull(next);
        assertEquals(ids(whole), bySkip);
        assertEquals(ids(whole), byPlace);
        assertEquals(made.stream().sorted(this::byText).toList(), sorted(whole));
      }
    }
    List<JobId> shortest = ids(await(store.list(TENANT, all(Sort.DURATION, true, null, 0, 100))));
    assertEquals(made.reversed(), shortest, "each has a chunk less than the one before");
  }

  private int byText(JobId one, JobId other) {
    return one.toString().compareTo(other.toString());
  }

  private List<JobId> sorted(Page page) {
    return ids(page).stream().sorted(this::byText).toList();
  }

  @Test
  void aListHoldsWhatItWasAskedForAlone() {
    List<JobId> made = several(3);
    assertEquals(
        List.of(made.get(2)), ids(await(store.list(TENANT, where(JobState.ACCEPTED, null, null)))));
    assertEquals(2, await(store.list(TENANT, where(JobState.COMPLETED, null, null))).total());
    Instant middle = view(made.get(1)).createdAt();
    Page later = await(store.list(TENANT, where(null, middle, null)));
    assertTrue(later.jobs().stream().allMatch(job -> job.createdAt().isAfter(middle)));
    Page earlier = await(store.list(TENANT, where(null, null, middle)));
    assertTrue(earlier.jobs().stream().allMatch(job -> job.createdAt().isBefore(middle)));
    assertTrue(later.total() + earlier.total() < 3, "bounds are exclusive");
    assertEquals(0, await(store.list(TENANT + 1, where(null, null, null))).total());
    Query german = new Query(null, "de", model, null, null, Sort.CREATED_AT, false, null, 0, 100);
    assertEquals(0, await(store.list(TENANT, german)).total());
  }

  @Test
  void aDeletedJobIsUnknownAtOnceAndItsWordsAreGone() {
    JobId job = insert();
    complete(job, 2, DIGEST);
    JobView before = view(job);
    assertEquals(Optional.of(before), await(store.find(job)), "whosever it is");
    Deleted deleted = await(store.delete(TENANT, job)).orElseThrow();
    assertFalse(deleted.open());
    assertFalse(deleted.at().isBefore(before.createdAt()));
    assertEquals(Optional.empty(), await(store.find(TENANT, job)));
    assertEquals(Optional.empty(), await(store.find(job)));
    assertEquals(List.of(), await(store.results(job)));
    assertEquals(List.of(), log(job));
    assertEquals(0, await(store.webhooks().replay(TENANT, job)));
    assertEquals(0, await(store.list(TENANT, where(null, null, null))).total());
    assertFalse(await(store.cancel(TENANT, job)));
    assertEquals(Optional.empty(), await(store.delete(TENANT, job)), "a second time");
    assertFalse(await(store.uncleaned(10_000, Duration.ZERO)).contains(job));
    assertTrue(await(store.deleted(10_000)).contains(job));
    await(store.forget(job));
    assertFalse(await(store.deleted(10_000)).contains(job));
  }

  @Test
  void nobodyDeletesTheJobOfAnother() {
    JobId job = insert();
    assertEquals(Optional.empty(), await(store.delete(TENANT + 1, job)));
    await(store.forget(job));
    assertEquals(JobState.ACCEPTED, view(job).state());
    await(store.cancel(TENANT, job));
  }

  @Test
  void deletingARunningJobEndsItAndAnnouncesNothing() {
    JobId job = insert();
    List<Lease> leases = running(job, 2);
    assertTrue(await(store.delete(TENANT, job)).orElseThrow().open());
    assertFalse(await(store.commit(result(leases.getFirst(), DIGEST))).accepted());
    assertEquals(List.of(), await(store.results(job)));
    assertEquals(List.of(), log(job));
    assertFalse(await(store.openJobs(100_000)).stream().anyMatch(open -> open.job().equals(job)));
    await(store.forget(job));
    assertFalse(await(store.commit(result(leases.getLast(), DIGEST))).accepted());
  }

  @Test
  void whatIsStoredWhileADeletedJobIsPreparedIsCleanedTwice() {
    JobId job = insert();
    until(
        () -> store.claimPreparations(scheduler, 100, SHORT),
        claimed -> claimed.stream().anyMatch(p -> p.job().equals(job)));
    await(store.delete(TENANT, job));
    assertTrue(await(store.deleted(10_000)).contains(job));
    await(store.forget(job));
    until(() -> store.deleted(10_000), again -> again.contains(job));
    await(store.forget(job));
    assertFalse(await(store.deleted(10_000)).contains(job));
  }

  @Test
  void copiesOfADeletedResultStayAndNoNewOnesAreMade() {
    JobId first = insert();
    complete(first, 2, DIGEST);
    NewJob copy = job("p").withDedupe();
    assertTrue(await(store.insert(copy)).created());
    await(store.delete(TENANT, first));
    await(store.forget(first));
    assertEquals(2, await(store.results(copy.id())).size());
    assertEquals(JobState.COMPLETED, view(copy.id()).state());
    await(store.delete(TENANT, copy.id()));
    NewJob third = job("p").withDedupe();
    assertTrue(await(store.insert(third)).created());
    assertEquals(JobState.ACCEPTED, view(third.id()).state());
    await(store.cancel(TENANT, third.id()));
  }

  @Test
  void theKeyOfADeletedJobIsFree() {
    String key = UUID.randomUUID().toString();
    Inserted first = await(store.insert(keyed(key)));
    await(store.delete(TENANT, first.id()));
    Inserted second = await(store.insert(keyed(key)));
    assertTrue(second.created());
    assertNotEquals(first.id(), second.id());
    await(store.cancel(TENANT, second.id()));
  }

  private NewJob keyed(String key) {
    NewJob one = job("p");
    TranscriptionOptions options = one.options();
    return new NewJob(one.id(), TENANT, key, "h", options, one.audio(), null, null);
  }

  @Test
  void aWebhookOnItsWayIsRecordedNowhere() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    Delivery taken =
        until(
                () -> store.webhooks().claim(scheduler, 100, Busy.NOBODY, SHORT),
                claimed -> claimed.stream().anyMatch(delivery -> job.equals(delivery.job())))
            .stream()
            .filter(delivery -> job.equals(delivery.job()))
            .findFirst()
            .orElseThrow();
    await(store.delete(TENANT, job));
    Settlement settled =
        new Settlement(State.DELIVERED, Duration.ZERO, new Answer(204, null, null, 1));
    assertFalse(await(store.webhooks().settle(taken, settled)));
    assertEquals(List.of(), log(job));
  }
}
