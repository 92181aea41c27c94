package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobView;
import io.sotto.storage.TenantStore.OpenJob;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When jobs will be done, reckoned as the queue is worked off. */
class OutlookTest {
  private static final long HOUR = 3_600_000;
  private static final double SPEED = 10;
  private final JobId id = JobId.create(1);

  private JobView job(JobState state, @Nullable Long audioMs, long doneMs) {
    TranscriptionOptions options = new TranscriptionOptions("m", null, Task.TRANSCRIBE, null);
    return new JobView(
        id,
        1,
        state,
        options,
        null,
        null,
        1,
        "",
        audioMs,
        0,
        doneMs,
        null,
        0,
        null,
        null,
        Instant.EPOCH,
        null,
        null,
        null);
  }

  private OpenJob other(long tenant, double weight, long leftMs) {
    return new OpenJob(JobId.create(2), tenant, weight, leftMs);
  }

  private @Nullable Long eta(OpenJob... open) {
    return new Outlook(List.of(open), SPEED).etaSeconds(job(JobState.RUNNING, HOUR, HOUR / 2));
  }

  @Test
  void aJobAloneTakesWhatIsLeftOfIt() {
    assertEquals(180, eta());
    assertEquals(180, eta(new OpenJob(id, 1, 1, HOUR)), "it does not wait for itself");
  }

  @Test
  void jobsOfOneTenantShareUntilTheShorterIsDone() {
    assertEquals(360, eta(other(1, 1, 10 * HOUR)));
    assertEquals(180 + 6, eta(other(1, 1, HOUR / 60)), "a clip passes between");
  }

  @Test
  void tenantsShareByWeight() {
    assertEquals(360, eta(other(2, 1, 6 * HOUR), other(2, 1, 6 * HOUR)));
    assertEquals(720, eta(other(2, 3, 10 * HOUR)));
    assertEquals(186, eta(other(2, 3, HOUR / 60)));
  }

  @Test
  void whatNobodyKnowsIsNotGuessed() {
    Outlook fast = new Outlook(List.of(), SPEED);
    assertNull(fast.etaSeconds(job(JobState.ACCEPTED, null, 0)));
    assertNull(Outlook.UNKNOWN.etaSeconds(job(JobState.RUNNING, HOUR, 0)));
    assertEquals(0, fast.etaSeconds(job(JobState.FAILED, null, 0)));
  }

  @Test
  void aRefusedClientComesBackWhenAJobMayHaveEnded() {
    Outlook full = new Outlook(List.of(other(1, 1, 20_000), other(1, 1, 40_000)), SPEED);
    assertEquals(3, full.retrySeconds(1));
    assertEquals(3, full.retrySeconds());
    assertEquals(60, new Outlook(List.of(other(1, 1, 100 * HOUR)), SPEED).retrySeconds(1));
    assertEquals(5, Outlook.UNKNOWN.retrySeconds(1));
  }
}
