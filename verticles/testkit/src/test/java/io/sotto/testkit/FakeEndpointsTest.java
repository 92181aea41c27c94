package io.sotto.testkit;

import io.sotto.storage.JobStore;

/** The fake keeps the contract of the real one. */
class FakeEndpointsTest extends EndpointContract {
  private final JobStore store = new FakeJobStore();

  @Override
  protected JobStore store() {
    return store;
  }
}
