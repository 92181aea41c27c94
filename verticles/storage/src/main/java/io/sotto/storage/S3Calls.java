package io.sotto.storage;

import io.opentelemetry.api.trace.Span;
import io.sotto.protocol.Traces;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/** Counts and traces the calls to S3, the SDK's retries within them. */
final class S3Calls implements ExecutionInterceptor {
  private static final ExecutionAttribute<Long> BEGUN = new ExecutionAttribute<>("sotto.begun");
  private static final ExecutionAttribute<Span> SPAN = new ExecutionAttribute<>("sotto.span");

  private final StoreMeters meters;

  S3Calls(StoreMeters meters) {
    this.meters = meters;
  }

  @Override
  public void beforeExecution(Context.BeforeExecution call, ExecutionAttributes attributes) {
    attributes.putAttribute(BEGUN, System.nanoTime());
    String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
    attributes.putAttribute(SPAN, meters.objects(operation));
  }

  @Override
  public void afterExecution(Context.AfterExecution call, ExecutionAttributes attributes) {
    ended(attributes, null);
  }

  @Override
  public void onExecutionFailure(Context.FailedExecution call, ExecutionAttributes attributes) {
    ended(attributes, call.exception());
  }

  private void ended(ExecutionAttributes attributes, @Nullable Throwable failure) {
    String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
    meters.objects(attributes.getAttribute(BEGUN), operation, failure == null);
    Traces.end(attributes.getAttribute(SPAN), failure);
  }
}
