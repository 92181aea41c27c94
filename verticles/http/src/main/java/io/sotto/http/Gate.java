package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.storage.AuditAction;
import io.sotto.storage.Tenant;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** Who comes in: asks for the key, holds guessers back, and has it all written down. */
final class Gate {
  private final Keyring keys;
  private final AuditTrail audit;
  private final RefusalBucket refusals = new RefusalBucket(System::nanoTime);

  Gate(Keyring keys, AuditTrail audit) {
    this.keys = keys;
    this.audit = audit;
  }

  /** Whose request it is; refused with 401, with 429 after many refusals, or with 503. */
  Tenant identify(HttpServerRequest request) {
    if (!audit.writable()) {
      throw ApiError.of(
          FailureCode.STORE_DOWN,
          "the audit log cannot be written, and this server serves nobody without; try again");
    }
    String address = address(request);
    try {
      Tenant tenant = keys.identify(request.getHeader(HttpHeaders.AUTHORIZATION));
      if (keys.asks()) {
        audit.accepted(tenant, address);
      }
      return tenant;
    } catch (ApiError refused) {
      audit.refused(address);
      long wait = refusals.take(address);
      throw wait == 0 ? refused : tooMany(wait);
    }
  }

  /** Whether a request brings a key, or none is asked for: where it may come without. */
  boolean canTell(HttpServerRequest request) {
    return !keys.asks() || request.headers().contains(HttpHeaders.AUTHORIZATION);
  }

  private static ApiError tooMany(long wait) {
    return new ApiError(
            429,
            FailureCode.RATE_LIMIT_EXCEEDED.code(),
            null,
            "too many requests without a known API key came from this address; wait, and send one")
        .after(wait);
  }

  private static String address(HttpServerRequest request) {
    var remote = request.remoteAddress();
    return remote == null ? "" : String.valueOf(remote.hostAddress());
  }

  /** Writes down what a request that has been answered did. */
  void ended(RoutingContext ctx) {
    AuditAction action = action(ctx.request().method(), ctx.normalizedPath());
    int status = ctx.response().getStatusCode();
    if (action != null && status < 400) {
      JobId job = ctx.get("job");
      Object what = job == null ? ctx.get(EndpointHandlers.ENDPOINT) : job;
      String subject = what == null ? ctx.normalizedPath() : what.toString();
      audit.done(action, ctx.get(Replies.TENANT), address(ctx.request()), subject, "");
    }
  }

  private static @Nullable AuditAction action(HttpMethod method, String path) {
    if (path.equals(JobRoutes.WEBHOOKS) || path.startsWith(EndpointRoutes.ENDPOINTS + "/")) {
      return endpointAction(method, path);
    }
    if (method.equals(HttpMethod.DELETE)) {
      return AuditAction.JOB_DELETED;
    }
    if (method.equals(HttpMethod.POST) && path.endsWith("/cancel")) {
      return AuditAction.JOB_CANCELLED;
    }
    return method.equals(HttpMethod.POST) && path.endsWith("/replay")
        ? AuditAction.WEBHOOK_REPLAYED
        : null;
  }

  private static @Nullable AuditAction endpointAction(HttpMethod method, String path) {
    if (method.equals(HttpMethod.DELETE)) {
      return AuditAction.ENDPOINT_DELETED;
    }
    if (method.equals(HttpMethod.PATCH)) {
      return AuditAction.ENDPOINT_CHANGED;
    }
    if (!method.equals(HttpMethod.POST) || path.endsWith("/test")) {
      return null;
    }
    return path.endsWith("/rotate") ? AuditAction.ENDPOINT_ROTATED : AuditAction.ENDPOINT_CREATED;
  }
}
