package io.sotto.protocol;

/** One chunk of a job: {@code seq} counts from 0 in the order of the recording. */
public record ChunkId(JobId job, int seq) {
  public ChunkId {
    if (seq < 0) {
      throw new IllegalArgumentException("chunk seq " + seq + " is negative");
    }
  }

  @Override
  public String toString() {
    return job + "/" + seq;
  }
}
