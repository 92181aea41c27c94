package io.sotto.http;

import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JsonCall;
import io.sotto.protocol.JsonReply;
import io.sotto.protocol.PublicAddresses;
import io.sotto.protocol.Trail;
import io.sotto.storage.JobView;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The job API for applications on the event bus: the same fields, answers and errors. What a header
 * says to HTTP, a header of the message says here. Lives on the verticle's event loop.
 */
final class BusHandlers {
  private static final Logger LOG = LoggerFactory.getLogger("access");
  private final Keyring keys;
  private final Rooms rooms;

  BusHandlers(Keyring keys, Rooms rooms) {
    this.keys = keys;
    this.rooms = rooms;
  }

  /** Answers on the addresses of applications, where there may be any. */
  Future<List<Registration>> listen(ClusterBus bus) {
    if (!bus.forApplications()) {
      return Future.succeededFuture(List.of());
    }
    return Future.<Registration>all(
            serve(bus, PublicAddresses.SUBMIT, this::submit),
            serve(bus, PublicAddresses.STATUS, this::status),
            serve(bus, PublicAddresses.CANCEL, this::cancel))
        .map(open -> open.<Registration>list());
  }

  /** What one address does for a tenant. */
  @FunctionalInterface
  private interface Handler {
    Future<JsonReply> answer(Tenant tenant, JsonCall call, JsonObject body);
  }

  private Future<Registration> serve(ClusterBus bus, String address, Handler handler) {
    return bus.serveJson(
        address,
        call -> {
          long begun = System.nanoTime();
          return Future.succeededFuture(call)
              .compose(
                  asked ->
                      handler.answer(
                          keys.identify(asked.headers().get(HttpHeaders.AUTHORIZATION)),
                          asked,
                          body(asked)))
              .recover(failure -> Future.succeededFuture(refusal(address, failure)))
              .onSuccess(reply -> log(address, call, reply, begun));
        });
  }

  private static JsonObject body(JsonCall call) {
    if (call.body() instanceof JsonObject body) {
      if (body.toBuffer().length() > HttpOptions.FORM_OVERHEAD_BYTES) {
        throw ApiError.of(
            FailureCode.TOO_LARGE,
            "the body is larger than "
                + HttpOptions.FORM_OVERHEAD_BYTES
                + " bytes; audio never crosses the bus, name it by url or s3_object");
      }
      return body;
    }
    throw ApiError.of(FailureCode.BAD_REQUEST, "the body is not a JsonObject; send one");
  }

  private static JsonReply refusal(String address, Throwable failure) {
    ApiError error = ApiError.of(failure);
    if (error.code().equals(FailureCode.INTERNAL.code())) {
      LOG.error("failed {}", address, failure);
    }
    JsonObject body = error.json().put("should_retry", error.retries());
    String after = error.retryAfter();
    return new JsonReply(
        error.status(),
        after == null ? body : body.put("retry_after_seconds", Integer.valueOf(after)));
  }

  private static void log(String address, JsonCall call, JsonReply reply, long begun) {
    LOG.info(
        "BUS {} {} {} ms {} job={}",
        address,
        reply.status(),
        (System.nanoTime() - begun) / 1_000_000,
        Correlation.of(call.headers()),
        reply.body().getString("id", "-"));
  }

  /** Answered as soon as the job is stored: never waits for its end. */
  private Future<JsonReply> submit(Tenant tenant, JsonCall call, JsonObject body) {
    Form form = JsonForm.form(body);
    if (form.field(RemoteAudio.URL) == null && form.field(RemoteAudio.OBJECT) == null) {
      throw ApiError.badField(
          RemoteAudio.URL, "there is no recording: name one by url or by s3_object");
    }
    if (form.flag("sync")) {
      throw ApiError.badField(
          "sync", "the bus answers at once; listen on " + PublicAddresses.CHANGED + " for the end");
    }
    return rooms
        .submission()
        .submit(caller(tenant, call), form)
        .compose(
            submitted ->
                Replies.find(rooms.jobs(), tenant, submitted.job())
                    .compose(job -> Replies.shown(rooms, job))
                    .map(job -> new JsonReply(submitted.created() ? 202 : 200, job)));
  }

  private static Caller caller(Tenant tenant, JsonCall call) {
    Trail trail = Correlation.of(call.headers()).trail();
    return new Caller(tenant, call.headers().get(Submission.KEY), trail);
  }

  private Future<JsonReply> status(Tenant tenant, JsonCall call, JsonObject body) {
    boolean partial = JsonForm.form(body).flag("partial");
    return Replies.find(rooms.jobs(), tenant, id(body))
        .compose(job -> partial ? Replies.partial(rooms, job) : Replies.shown(rooms, job))
        .map(job -> new JsonReply(200, job));
  }

  private Future<JsonReply> cancel(Tenant tenant, JsonCall call, JsonObject body) {
    return Replies.cancelled(rooms, tenant, id(body)).compose(this::shown);
  }

  private Future<JsonReply> shown(JobView job) {
    return Replies.shown(rooms, job).map(body -> new JsonReply(200, body));
  }

  private static JobId id(JsonObject body) {
    String id = JsonForm.form(body).field("id");
    if (id == null) {
      throw ApiError.badField("id", "there is no id of a job; send the one that submit answered");
    }
    return JobId.parse(id).orElseThrow(Replies::unknown);
  }
}
