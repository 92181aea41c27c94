package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Tenant;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.testkit.FakeJobStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who is let in while the queue is full, or as good as full. */
class EntranceTest {
  private static final int OWN_MAX = 2;
  private static final int ALL_MAX = 3;
  private static final long SECOND = 1_000_000_000;
  private final FakeJobStore jobs = new FakeJobStore();
  private final Tenant ann = new Tenant(7, "ann", 1, null);
  private final Tenant bob = new Tenant(8, "bob", 1, null);
  private long now;
  private final Entrance entrance =
      new Entrance(
          new Admission(OWN_MAX, ALL_MAX),
          jobs,
          new QueueWatch(jobs, () -> 1, ALL_MAX, () -> now),
          () -> now);

  private Entrance.Guest enters(Tenant tenant) {
    return await(entrance.enter(tenant, null));
  }

  private void refused(int status, Tenant tenant, @Nullable String key) {
    ApiError told = assertThrows(ApiError.class, () -> await(entrance.enter(tenant, key)));
    assertEquals(status, told.status());
    assertTrue(told.retryAfter() != null);
  }

  private JobId insert(Tenant tenant, @Nullable String key) {
    JobId id = JobId.create(System.currentTimeMillis());
    TranscriptionOptions options = new TranscriptionOptions("base", "en", Task.TRANSCRIBE, null);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 1, "ab".repeat(32));
    await(jobs.insert(new NewJob(id, tenant.id(), key, "hash", options, audio, null, null)));
    return id;
  }

  @Test
  void thoseWhoAreStillComingInCountAsIfTheyHadTheirJobs() {
    enters(ann);
    Entrance.Guest second = enters(ann);
    refused(429, ann, null);
    enters(bob);
    refused(503, bob, null);
    second.left();
    enters(ann);
    refused(503, bob, null);
  }

  @Test
  void aJobThatThePictureShowsIsCountedOnce() {
    Entrance.Guest first = enters(ann);
    insert(ann, null);
    first.inserted();
    now += SECOND / 2;
    Entrance.Guest second = enters(ann);
    refused(429, ann, null);
    second.left();
    now += SECOND;
    enters(ann);
    refused(429, ann, null);
  }

  @Test
  void aPlaceIsFreeOnceThePictureShowsThatTheJobHasEnded() {
    JobId job = insert(ann, null);
    insert(ann, null);
    refused(429, ann, null);
    await(jobs.cancel(ann.id(), job));
    refused(429, ann, null);
    now += SECOND + 1;
    enters(ann);
  }

  @Test
  void whatComesAgainUnderItsKeyIsMetHoweverFullItIs() {
    insert(ann, "mine");
    insert(ann, null);
    refused(429, ann, "another");
    refused(429, ann, null);
    await(entrance.enter(ann, "mine"));
    insert(bob, null);
    now += SECOND + 1;
    refused(503, bob, "mine");
  }
}
