package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore.Inserted;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every job store promises of idempotency keys that race, and of results that are reused. */
public abstract class ReuseContract extends ContractJobs {
  @Test
  void insertsOfOneKeyThatRaceAreOneJob() {
    String key = UUID.randomUUID().toString();
    List<Future<Inserted>> racing = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      NewJob one = job("p");
      racing.add(
          store.insert(
              new NewJob(
                  one.id(),
                  TENANT,
                  key,
                  i % 2 == 0 ? "even" : "odd",
                  one.options(),
                  one.audio(),
                  null,
                  null)));
    }
    List<Inserted> all = racing.stream().map(Await::await).toList();
    assertEquals(1, all.stream().map(Inserted::id).distinct().count());
    assertEquals(1, all.stream().filter(Inserted::created).count());
    assertEquals(8, all.stream().filter(Inserted::sameRequest).count());
  }

  @Test
  void anEqualJobIsAnsweredFromTheStoredResult() {
    JobId first = insert();
    complete(first, 3, DIGEST);
    NewJob again = job("p").withDedupe().withWebhook(webhook);
    assertEquals(new Inserted(again.id(), true, true), await(store.insert(again)));
    JobView view = view(again.id());
    assertEquals(JobState.COMPLETED, view.state());
    assertEquals(first, view.deduplicatedFrom());
    assertEquals(3000, view.audioMs());
    assertEquals(3, view.chunksDone());
    assertEquals(100, view.progressPercent());
    assertEquals(await(store.results(first)), await(store.results(again.id())));
    assertEquals("transcription.completed", only(again.id()).type());
    assertTrue(
        await(store.uncleaned(10_000, Duration.ZERO)).contains(again.id()),
        "its upload is deleted too");
    assertEquals(new Inserted(again.id(), false, true), await(store.insert(again)), "repeated");
  }

  @Test
  void aKeyHoldsForReusedResultsToo() {
    complete(insert(), 2, DIGEST);
    String key = UUID.randomUUID().toString();
    List<Future<Inserted>> racing = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      NewJob one = job("p");
      racing.add(
          store.insert(
              new NewJob(
                  one.id(),
                  TENANT,
                  key,
                  "same",
                  one.options(),
                  one.audio(),
                  null,
                  null,
                  webhook,
                  true,
                  Trail.NONE)));
    }
    List<Inserted> all = racing.stream().map(Await::await).toList();
    assertEquals(1, all.stream().map(Inserted::id).distinct().count());
    assertEquals(1, all.stream().filter(Inserted::created).count());
    assertTrue(all.stream().allMatch(Inserted::sameRequest));
    JobId job = all.getFirst().id();
    assertEquals(2, await(store.results(job)).size());
    assertEquals("transcription.completed", only(job).type());
  }

  @Test
  void whatDiffersIsNotReused() {
    complete(insert(), 1, DIGEST);
    NewJob asked = job("p").withDedupe();
    StoredAudio audio = asked.audio();
    StoredAudio other = new StoredAudio(audio.key(), audio.bytes(), "cd".repeat(32));
    TranscriptionOptions options = asked.options();
    TranscriptionOptions detected =
        new TranscriptionOptions(model, null, Task.TRANSCRIBE, options.prompt());
    assertAccepted(job("another prompt").withDedupe());
    assertAccepted(job("p"));
    assertAccepted(change(asked, TENANT, options, other));
    assertAccepted(change(asked, TENANT + 1, options, audio));
    assertAccepted(change(asked, TENANT, detected, audio));
  }

  private static NewJob change(
      NewJob job, long tenant, TranscriptionOptions options, StoredAudio audio) {
    JobId id = JobId.create(System.currentTimeMillis());
    return new NewJob(id, tenant, null, "h", options, audio, null, null).withDedupe();
  }

  private void assertAccepted(NewJob job) {
    assertTrue(await(store.insert(job)).created());
    JobView view = await(store.find(job.tenantId(), job.id())).orElseThrow();
    assertEquals(JobState.ACCEPTED, view.state());
    await(store.cancel(job.tenantId(), job.id()));
  }

  @Test
  void anotherModelUnderTheSameNameIsNotReused() {
    JobId old = insert();
    complete(old, 1, DIGEST);
    JobId newer = insert();
    complete(newer, 1, "cd".repeat(32));
    NewJob again = job("p").withDedupe();
    await(store.insert(again));
    assertEquals(newer, view(again.id()).deduplicatedFrom());
    assertNotEquals(old, newer);
    JobId mixed = insert();
    List<Lease> leases = running(mixed, 2);
    await(store.commit(result(leases.getFirst(), "ef".repeat(32))));
    await(store.commit(result(leases.getLast(), DIGEST)));
    assertAccepted(job("p").withDedupe());
  }
}
