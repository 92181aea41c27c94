package io.sotto.scheduler;

import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.storage.AudioStore;
import io.sotto.storage.JobEvents;
import io.sotto.storage.JobStore;
import java.util.function.LongSupplier;

/** What every part of the scheduler works with. {@code nanos} is a monotonic clock. */
record Means(
    SchedulerOptions options,
    NodeId node,
    ClusterBus bus,
    JobStore jobs,
    AudioStore audio,
    JobEvents events,
    SchedulerMeters meters,
    LongSupplier nanos) {

  /** Tells whoever waits for {@code job} that it moved. */
  void announce(JobId job, JobState state) {
    events.changed(job, state);
  }
}
