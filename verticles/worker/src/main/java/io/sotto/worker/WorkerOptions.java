package io.sotto.worker;

import java.time.Duration;

/**
 * Limits of a worker. {@code device} is what its offer says it runs on ("cpu", "cuda:0"). {@code
 * prefetch} chunks beyond the engine's slots are fetched while it computes. {@code reportsMax}
 * results may wait for a scheduler before no more chunks are taken; each waits at most {@code
 * reportPatience}, tried again after {@code retryMin}, doubling up to {@code retryMax}. {@code
 * modelRest} is how long a model is not offered whose lanes refused work, or which could not be
 * loaded.
 */
public record WorkerOptions(
    String device,
    int prefetch,
    Duration offerEvery,
    int reportsMax,
    Duration reportPatience,
    Duration retryMin,
    Duration retryMax,
    Duration modelRest) {

  public WorkerOptions {
    require(!device.isBlank(), "device is empty");
    require(prefetch >= 0 && prefetch <= 1024, "prefetch must be 0 to 1024, is " + prefetch);
    require(reportsMax >= 1, "reportsMax must be at least 1, is " + reportsMax);
    positive("offerEvery", offerEvery);
    positive("reportPatience", reportPatience);
    positive("retryMin", retryMin);
    positive("modelRest", modelRest);
    require(
        retryMax.compareTo(retryMin) >= 0,
        "retryMax " + retryMax + " is shorter than retryMin " + retryMin);
  }

  /** The values that conf/sotto.yaml documents, for a worker on {@code device}. */
  public static WorkerOptions on(String device) {
    return new WorkerOptions(
        device,
        2,
        Duration.ofSeconds(1),
        256,
        Duration.ofMinutes(10),
        Duration.ofMillis(100),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5));
  }

  public WorkerOptions withPrefetch(int chunks) {
    return new WorkerOptions(
        device, chunks, offerEvery, reportsMax, reportPatience, retryMin, retryMax, modelRest);
  }

  private static void positive(String name, Duration value) {
    require(value.toMillis() > 0, name + " must be at least 1 ms, is " + value);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("worker options: " + otherwise);
    }
  }
}
