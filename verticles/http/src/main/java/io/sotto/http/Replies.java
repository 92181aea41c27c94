package io.sotto.http;

import io.sotto.http.subtitle.Shape;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What handlers have in common: whose request it is, which job it means, and the answer. */
final class Replies {
  /** Under which the routing context holds whose request it is. */
  static final String TENANT = "tenant";

  static final String JSON = "application/json";

  private Replies() {}

  static JobId id(RoutingContext ctx) {
    JobId id = JobId.parse(ctx.pathParam("id")).orElseThrow(Replies::unknown);
    ctx.put("job", id);
    return id;
  }

  static ApiError unknown() {
    return ApiError.of(FailureCode.JOB_NOT_FOUND, "there is no such job");
  }

  static Tenant tenant(RoutingContext ctx) {
    return ctx.get(TENANT);
  }

  static Caller caller(RoutingContext ctx) {
    Correlation known = ctx.get(Routes.CORRELATION);
    return new Caller(tenant(ctx), ctx.request().getHeader(Submission.KEY), known.trail());
  }

  /** The job, if it is the caller's. */
  static Future<JobView> find(JobStore jobs, RoutingContext ctx, JobId id) {
    return find(jobs, tenant(ctx), id);
  }

  static Future<JobView> find(JobStore jobs, Tenant tenant, JobId id) {
    return jobs.find(tenant.id(), id).map(found -> found.orElseThrow(Replies::unknown));
  }

  static ApiError ended(JobView job) {
    FailureCode code = job.failureCode();
    if (code == null) {
      return ApiError.of(FailureCode.CANCELLED, "the job was cancelled");
    }
    ApiError error =
        ApiError.of(code, job.failureReason() == null ? code.code() : job.failureReason());
    boolean lost = code == FailureCode.AUDIO_MISSING || code == FailureCode.AUDIO_CORRUPT;
    return lost ? error.again() : error; // what was lost here can be sent once more
  }

  /** Runs {@code then} when the client hangs up before it has the answer, or has already. */
  static void onHangUp(RoutingContext ctx, Runnable then) {
    ctx.response().closeHandler(gone -> then.run());
    if (ctx.response().closed()) {
      then.run();
    }
  }

  /** Its transcript from the chunks that are done. */
  static Future<Transcript> transcript(JobStore jobs, JobView job) {
    return jobs.results(job.id()).map(chunks -> transcript(job, chunks));
  }

  static Transcript transcript(JobView job, List<ChunkResult> chunks) {
    Long audioMs = job.audioMs();
    String language = job.language() == null ? "en" : job.language();
    return Transcript.of(job.options().task(), language, audioMs == null ? 0 : audioMs, chunks);
  }

  /** Cancels the job and tells everybody; false when it had ended. */
  static Future<Boolean> cancel(Rooms rooms, Tenant tenant, JobId job) {
    return rooms
        .jobs()
        .cancel(tenant.id(), job)
        .onSuccess(
            cancelled -> {
              if (cancelled) {
                rooms.meters().cancelled();
                rooms.events().changed(job, JobState.CANCELLED);
              }
            });
  }

  /** Cancels a job of the tenant's that has not ended: as it is then. */
  static Future<JobView> cancelled(Rooms rooms, Tenant tenant, JobId id) {
    return find(rooms.jobs(), tenant, id)
        .compose(job -> cancel(rooms, tenant, id))
        .compose(
            cancelled ->
                find(rooms.jobs(), tenant, id)
                    .compose(
                        job ->
                            cancelled
                                ? Future.succeededFuture(job)
                                : Future.failedFuture(
                                    new ApiError(
                                        409,
                                        "already_ended",
                                        null,
                                        "the job is " + job.state().wire() + " already"))));
  }

  /** The job, and its text once it is completed. */
  static Future<JsonObject> shown(Rooms rooms, JobView job) {
    return job.state() == JobState.COMPLETED
        ? rooms
            .jobs()
            .results(job.id())
            .map(
                chunks ->
                    JobJson.of(job)
                        .put("model_digest", JobJson.digest(chunks))
                        .put("text", transcript(job, chunks).text()))
        : rooms.queue().nowOrUnknown().map(outlook -> JobJson.of(job, outlook.etaSeconds(job)));
  }

  /** The same of a job that runs, with its text up to the first chunk that is not done yet. */
  static Future<JsonObject> partial(Rooms rooms, JobView job) {
    return job.state() == JobState.COMPLETED
        ? shown(rooms, job)
        : rooms
            .queue()
            .nowOrUnknown()
            .compose(
                outlook ->
                    rooms
                        .jobs()
                        .results(job.id())
                        .map(
                            chunks ->
                                JobJson.partial(JobJson.of(job, outlook.etaSeconds(job)), chunks)));
  }

  /** As OpenAI names a list. */
  static JsonObject list(JsonArray data) {
    return new JsonObject().put("object", "list").put("data", data);
  }

  static Future<Void> send(RoutingContext ctx, int status, JsonObject body) {
    if (!ctx.response().headWritten()) {
      ctx.response().setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, JSON);
    }
    return ctx.response().end(body.toBuffer()).mapEmpty();
  }

  static Future<Void> send(RoutingContext ctx, Transcript transcript, Format format) {
    return send(ctx, transcript, format, null);
  }

  /** Cues are cut beside the event loop: those of a whole day take a moment. */
  static Future<Void> send(
      RoutingContext ctx, Transcript transcript, Format format, @Nullable Shape shape) {
    return send(ctx, format, shape != null, () -> transcript.render(format, shape));
  }

  static Future<Void> send(RoutingContext ctx, Transcript transcript, OpenAiForm asked) {
    return send(ctx, asked.format(), asked.shape() != null, () -> asked.render(transcript));
  }

  private static Future<Void> send(
      RoutingContext ctx, Format format, boolean slow, Supplier<String> render) {
    Future<String> body =
        slow
            ? ctx.vertx().executeBlocking(render::get, false)
            : Future.succeededFuture(render.get());
    return body.compose(
        text -> {
          if (!ctx.response().headWritten()) {
            ctx.response().putHeader(HttpHeaders.CONTENT_TYPE, format.contentType());
          }
          return ctx.response().end(text).mapEmpty();
        });
  }
}
