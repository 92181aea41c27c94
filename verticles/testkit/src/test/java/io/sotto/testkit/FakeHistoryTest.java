package io.sotto.testkit;

import io.sotto.storage.JobStore;

/** The fake store keeps the contract of lists and deletion. */
class FakeHistoryTest extends HistoryContract {
  private final FakeJobStore jobs = new FakeJobStore();

  @Override
  protected JobStore store() {
    return jobs;
  }
}
