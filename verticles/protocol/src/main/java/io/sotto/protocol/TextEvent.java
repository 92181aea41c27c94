package io.sotto.protocol;

/**
 * What applications on the bus hear when a chunk of a job is done: its place in the recording, in
 * seconds, and its text. Chunks are done in any order; their texts in the order of {@code seq} are
 * the text of the job.
 */
public record TextEvent(
    JobId id, long tenant, int seq, double start, double end, String language, String text) {}
