package io.sotto.http;

import io.sotto.storage.AudioStore;
import io.sotto.storage.JobEvents;
import io.sotto.storage.JobStore;

/** What the handlers of this server share. */
record Rooms(
    HttpOptions options,
    JobStore jobs,
    AudioStore audio,
    JobEvents events,
    ModelRoster models,
    JobWaiters waiters,
    Submission submission,
    QueueWatch queue,
    Departure departure,
    HttpMeters meters) {}
