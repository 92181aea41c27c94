package io.sotto.storage;

import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/** Counts the calls to S3, the SDK's retries within them. */
final class S3Calls implements ExecutionInterceptor {
  private static final ExecutionAttribute<Long> BEGUN = new ExecutionAttribute<>("sotto.begun");

  private final StoreMeters meters;

  S3Calls(StoreMeters meters) {
    this.meters = meters;
  }

  @Override
  public void beforeExecution(Context.BeforeExecution call, ExecutionAttributes attributes) {
    attributes.putAttribute(BEGUN, System.nanoTime());
  }

  @Override
  public void afterExecution(Context.AfterExecution call, ExecutionAttributes attributes) {
    ended(attributes, true);
  }

  @Override
  public void onExecutionFailure(Context.FailedExecution call, ExecutionAttributes attributes) {
    ended(attributes, false);
  }

  private void ended(ExecutionAttributes attributes, boolean ok) {
    String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
    meters.objects(attributes.getAttribute(BEGUN), operation, ok);
  }
}
