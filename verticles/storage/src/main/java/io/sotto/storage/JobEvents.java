package io.sotto.storage;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobEvent;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.PublicAddresses;
import io.sotto.protocol.Segment;
import io.sotto.protocol.TextEvent;
import io.sotto.storage.JobStore.ChunkResult;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of what has been committed: other nodes by a hint, and applications on the bus, where there
 * may be any, by what the job's row says. Each step is told by the one node that made it, at most
 * once; nothing waits for it, and nothing but speed is lost with it.
 */
public final class JobEvents {
  private static final Logger LOG = LoggerFactory.getLogger(JobEvents.class);

  /** Rows being read for applications; of what is more they are not told. */
  private static final int READING_MAX = 256;

  private final ClusterBus bus;
  private final JobStore jobs;
  private final AtomicInteger reading = new AtomicInteger();

  public JobEvents(ClusterBus bus, JobStore jobs) {
    this.bus = bus;
    this.jobs = jobs;
  }

  /** A job was inserted. */
  public void accepted(JobId job) {
    bus.publish(Addresses.HINTS, new JobAccepted(job));
    tell(job, null);
  }

  /** A job moved on to {@code state}, or within it. */
  public void changed(JobId job, JobState state) {
    bus.publish(Addresses.HINTS, new JobChanged(job, state));
    tell(job, null);
  }

  /** A chunk of a job is done, which is in {@code state} now. */
  public void transcribed(ChunkTranscribed chunk, JobState state) {
    JobId job = chunk.chunk().job();
    bus.publish(Addresses.HINTS, new JobChanged(job, state));
    tell(job, chunk);
  }

  private void tell(JobId job, @Nullable ChunkTranscribed chunk) {
    if (!bus.forApplications()) {
      return;
    }
    if (reading.incrementAndGet() > READING_MAX) {
      reading.decrementAndGet();
      LOG.debug("applications not told: job={} too many rows are being read", job);
      return;
    }
    jobs.find(job)
        .compose(found -> found.isEmpty() ? Future.succeededFuture() : publish(found.get(), chunk))
        .onComplete(read -> reading.decrementAndGet())
        .onFailure(away -> LOG.debug("applications not told: job={} {}", job, away.getMessage()));
  }

  /** The text before the step that it belongs to: what is completed has been told. */
  private Future<Void> publish(JobView job, @Nullable ChunkTranscribed chunk) {
    return texts(job.id(), chunk)
        .onSuccess(
            results -> {
              for (ChunkResult result : results) {
                bus.publishJson(PublicAddresses.PARTIAL, text(job, result));
              }
              bus.publishJson(PublicAddresses.CHANGED, event(job));
            })
        .mapEmpty();
  }

  private Future<List<ChunkResult>> texts(JobId job, @Nullable ChunkTranscribed chunk) {
    return chunk == null
        ? Future.succeededFuture(List.of())
        : jobs.results(job, chunk.chunk().seq(), 1);
  }

  private static TextEvent text(JobView job, ChunkResult chunk) {
    String text =
        chunk.transcript().segments().stream().map(Segment::text).collect(Collectors.joining());
    return new TextEvent(
        job.id(),
        job.tenantId(),
        chunk.seq(),
        chunk.span().startMs() / 1000.0,
        chunk.span().endMs() / 1000.0,
        chunk.transcript().language(),
        text);
  }

  static JobEvent event(JobView job) {
    Long ms = job.audioMs();
    return new JobEvent(
        job.id(),
        job.tenantId(),
        job.state(),
        job.progressPercent(),
        job.options().model(),
        job.language(),
        ms == null ? null : Double.valueOf(ms / 1000.0),
        new JobEvent.Chunks(job.chunksDone(), job.chunksTotal()),
        job.updatedAt().toString(),
        failure(job));
  }

  private static JobEvent.@Nullable Failure failure(JobView job) {
    FailureCode code = job.failureCode();
    if (code == null) {
      return null;
    }
    String reason = job.failureReason();
    return new JobEvent.Failure(code, reason == null ? code.code() : reason);
  }
}
