package io.sotto.testkit;

import io.sotto.storage.JobStore;

/** The fake takes turns as the real one does. */
class FakeFairOrderTest extends FairOrderContract {
  private final JobStore store = new FakeJobStore();

  @Override
  protected JobStore store() {
    return store;
  }
}
