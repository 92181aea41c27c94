package io.sotto.http;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.Task;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** What each route does: it translates between HTTP and the stores, and decides nothing. */
final class Handlers {
  /** Under which the routing context holds whose request it is. */
  static final String TENANT = "tenant";

  private static final String JSON = "application/json";
  private final HttpOptions options;
  private final JobStore jobs;
  private final ClusterBus bus;
  private final ModelRoster models;
  private final JobWaiters waiters;
  private final Submission submission;
  private final WebhookHandlers webhooks;
  private final QueueWatch queue;

  Handlers(
      HttpOptions options,
      JobStore jobs,
      ClusterBus bus,
      ModelRoster models,
      JobWaiters waiters,
      Submission submission,
      QueueWatch queue) {
    this.options = options;
    this.jobs = jobs;
    this.bus = bus;
    this.models = models;
    this.waiters = waiters;
    this.submission = submission;
    this.webhooks = new WebhookHandlers(jobs);
    this.queue = queue;
  }

  WebhookHandlers webhooks() {
    return webhooks;
  }

  Future<Void> createJob(RoutingContext ctx) {
    return submission
        .submit(tenant(ctx), ctx.request(), null, Handlers::sync)
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              ctx.response().putHeader("Location", "/api/v1/transcriptions/" + submitted.job());
              return sync(submitted.form())
                  ? waitAndShow(ctx, submitted.job())
                  : show(ctx, submitted);
            });
  }

  private static boolean sync(Form form) {
    return form.flag("sync");
  }

  private Future<Void> show(RoutingContext ctx, Submission.Submitted submitted) {
    return find(ctx, submitted.job())
        .compose(job -> show(ctx, submitted.created() ? 202 : 200, job));
  }

  private Future<Void> waitAndShow(RoutingContext ctx, JobId id) {
    return waiters
        .await(tenant(ctx).id(), id, options.requestTimeout())
        .compose(
            job ->
                job.state().terminal() && job.state() != JobState.COMPLETED
                    ? Future.failedFuture(ended(job))
                    : show(ctx, job.state().terminal() ? 200 : 202, job));
  }

  /**
   * OpenAI's call: the answer is the transcript, and a client that hangs up wants none, unless an
   * idempotency key says that it may come again for it.
   */
  Future<Void> openAi(RoutingContext ctx, @Nullable Task task) {
    boolean[] answered = {false};
    return submission
        .submit(tenant(ctx), ctx.request(), task, Handlers::openAiFormat)
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              if (!submitted.keyed()) {
                ctx.response().closeHandler(gone -> hungUp(tenant(ctx), submitted.job(), answered));
              }
              return waiters
                  .await(tenant(ctx).id(), submitted.job(), options.requestTimeout())
                  .compose(job -> transcriptOf(job))
                  .compose(t -> send(ctx, t, openAiFormat(submitted.form())));
            })
        .onComplete(sent -> answered[0] = true);
  }

  private static Format openAiFormat(Form form) {
    String name = form.field("response_format");
    String temperature = form.field("temperature");
    if (temperature != null && !temperature.matches("0(\\.\\d+)?|1(\\.0+)?")) {
      throw ApiError.badField("temperature", "temperature is a number from 0 to 1");
    }
    return Format.parse(name == null ? "json" : name)
        .orElseThrow(
            () ->
                ApiError.badField(
                    "response_format", "response_format is json, text, srt, vtt or verbose_json"));
  }

  private Future<Transcript> transcriptOf(JobView job) {
    if (job.state() == JobState.COMPLETED) {
      return transcript(job);
    }
    return Future.failedFuture(job.state().terminal() ? ended(job) : tooSlow(job));
  }

  private ApiError tooSlow(JobView job) {
    return ApiError.of(
        FailureCode.TIMEOUT,
        "not done after "
            + options.requestTimeout().toSeconds()
            + " s; the job goes on as /api/v1/transcriptions/"
            + job.id());
  }

  private static ApiError ended(JobView job) {
    FailureCode code = job.failureCode();
    return code == null
        ? ApiError.of(FailureCode.CANCELLED, "the job was cancelled")
        : ApiError.of(code, job.failureReason() == null ? code.code() : job.failureReason());
  }

  private void hungUp(Tenant tenant, JobId job, boolean[] answered) {
    if (!answered[0]) {
      cancel(tenant, job);
    }
  }

  private Future<Boolean> cancel(Tenant tenant, JobId job) {
    return jobs.cancel(tenant.id(), job)
        .onSuccess(
            cancelled -> {
              if (cancelled) {
                bus.publish(Addresses.HINTS, new JobChanged(job, JobState.CANCELLED));
              }
            });
  }

  Future<Void> getJob(RoutingContext ctx) {
    boolean partial = flag(ctx, "partial");
    return find(ctx, id(ctx))
        .compose(
            job ->
                partial && job.state() != JobState.COMPLETED
                    ? sendPartial(ctx, job)
                    : show(ctx, 200, job));
  }

  /** The job, and its text once it is completed. */
  private Future<Void> show(RoutingContext ctx, int status, JobView job) {
    return job.state() == JobState.COMPLETED
        ? transcript(job).compose(t -> send(ctx, status, JobJson.of(job).put("text", t.text())))
        : send(ctx, status, job);
  }

  /** The text from the beginning to the first chunk that is not done yet. */
  private Future<Void> sendPartial(RoutingContext ctx, JobView job) {
    return outlook()
        .compose(
            outlook ->
                jobs.results(job.id())
                    .compose(
                        chunks ->
                            send(
                                ctx,
                                200,
                                JobJson.partial(
                                    JobJson.of(job, outlook.etaSeconds(job)), chunks))));
  }

  private static boolean flag(RoutingContext ctx, String name) {
    return switch (ctx.request().getParam(name, "false")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ApiError.badField(name, name + " is true or false");
    };
  }

  Future<Void> getChunks(RoutingContext ctx) {
    return find(ctx, id(ctx))
        .compose(job -> jobs.results(job.id()))
        .compose(results -> send(ctx, 200, JobJson.chunks(results)));
  }

  Future<Void> download(RoutingContext ctx) {
    String name = ctx.request().getParam("format", "txt");
    Format format =
        Format.parse(name)
            .orElseThrow(
                () ->
                    ApiError.badField(
                        "format", "format is txt, json, verbose_json, srt, vtt or tsv"));
    return find(ctx, id(ctx))
        .compose(
            job -> {
              if (job.state() != JobState.COMPLETED) {
                return Future.failedFuture(notReady(job));
              }
              String file = job.id() + "." + format.extension();
              ctx.response()
                  .putHeader("Content-Disposition", "attachment; filename=\"" + file + "\"");
              return transcript(job).compose(t -> send(ctx, t, format));
            });
  }

  private static ApiError notReady(JobView job) {
    return job.state().terminal()
        ? ended(job)
        : new ApiError(
            409,
            "not_ready",
            null,
            "the job is " + job.state().wire() + " at " + job.progressPercent() + " %; ask again");
  }

  Future<Void> cancelJob(RoutingContext ctx) {
    JobId id = id(ctx);
    return find(ctx, id)
        .compose(job -> cancel(tenant(ctx), id))
        .compose(
            cancelled ->
                find(ctx, id)
                    .compose(
                        job ->
                            cancelled
                                ? send(ctx, 200, job)
                                : Future.failedFuture(
                                    new ApiError(
                                        409,
                                        "already_ended",
                                        null,
                                        "the job is " + job.state().wire() + " already"))));
  }

  Future<Void> listModels(RoutingContext ctx) {
    JsonArray list = new JsonArray();
    for (String name : models.names()) {
      list.add(
          new JsonObject()
              .put("id", name)
              .put("object", "model")
              .put("created", 0)
              .put("owned_by", "sotto"));
    }
    return send(ctx, 200, new JsonObject().put("object", "list").put("data", list));
  }

  static JobId id(RoutingContext ctx) {
    JobId id = JobId.parse(ctx.pathParam("id")).orElseThrow(Handlers::unknown);
    ctx.put("job", id);
    return id;
  }

  private static ApiError unknown() {
    return ApiError.of(FailureCode.JOB_NOT_FOUND, "there is no such job");
  }

  static Tenant tenant(RoutingContext ctx) {
    return ctx.get(TENANT);
  }

  private Future<JobView> find(RoutingContext ctx, JobId id) {
    return find(jobs, ctx, id);
  }

  /** The job, if it is the caller's. */
  static Future<JobView> find(JobStore jobs, RoutingContext ctx, JobId id) {
    return jobs.find(tenant(ctx).id(), id).map(found -> found.orElseThrow(Handlers::unknown));
  }

  private Future<Transcript> transcript(JobView job) {
    Long audioMs = job.audioMs();
    String language = job.language() == null ? "en" : job.language();
    return jobs.results(job.id())
        .map(
            chunks ->
                Transcript.of(
                    job.options().task(), language, audioMs == null ? 0 : audioMs, chunks));
  }

  /** The queue as it is; nothing is known of it while the store does not tell. */
  private Future<Outlook> outlook() {
    return queue.now().recover(unknown -> Future.succeededFuture(Outlook.UNKNOWN));
  }

  private Future<Void> send(RoutingContext ctx, int status, JobView job) {
    return outlook()
        .compose(outlook -> send(ctx, status, JobJson.of(job, outlook.etaSeconds(job))));
  }

  static Future<Void> send(RoutingContext ctx, int status, JsonObject body) {
    return ctx.response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(body.toBuffer())
        .mapEmpty();
  }

  private static Future<Void> send(RoutingContext ctx, Transcript transcript, Format format) {
    return ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, format.contentType())
        .end(transcript.render(format))
        .mapEmpty();
  }
}
