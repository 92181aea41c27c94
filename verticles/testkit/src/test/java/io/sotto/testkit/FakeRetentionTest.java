package io.sotto.testkit;

import io.sotto.storage.JobStore;

/** The fake store keeps the contract of retention. */
class FakeRetentionTest extends RetentionContract {
  private final FakeJobStore jobs = new FakeJobStore();

  @Override
  protected JobStore store() {
    return jobs;
  }
}
