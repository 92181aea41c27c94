package io.sotto.http;

import io.sotto.protocol.ClusterBus;
import io.sotto.storage.AudioStore;
import io.sotto.storage.JobStore;

/** What the handlers of this server share. */
record Rooms(
    HttpOptions options,
    JobStore jobs,
    AudioStore audio,
    ClusterBus bus,
    ModelRoster models,
    JobWaiters waiters,
    Submission submission,
    QueueWatch queue,
    HttpMeters meters) {}
