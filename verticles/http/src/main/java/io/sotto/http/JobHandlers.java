package io.sotto.http;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobView;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;

/** The job API: it translates between HTTP and the stores, and decides nothing. */
final class JobHandlers {
  private final Rooms rooms;

  JobHandlers(Rooms rooms) {
    this.rooms = rooms;
  }

  Future<Void> createJob(RoutingContext ctx) {
    return rooms
        .submission()
        .submit(Replies.tenant(ctx), ctx.request(), null, JobHandlers::sync)
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
    return rooms
        .waiters()
        .await(Replies.tenant(ctx).id(), id, rooms.options().requestTimeout())
        .compose(
            job ->
                job.state().terminal() && job.state() != JobState.COMPLETED
                    ? Future.failedFuture(Replies.ended(job))
                    : show(ctx, job.state().terminal() ? 200 : 202, job));
  }

  Future<Void> getJob(RoutingContext ctx) {
    boolean partial = flag(ctx, "partial");
    return find(ctx, Replies.id(ctx))
        .compose(
            job ->
                partial && job.state() != JobState.COMPLETED
                    ? sendPartial(ctx, job)
                    : show(ctx, 200, job));
  }

  /** The job, and its text once it is completed. */
  private Future<Void> show(RoutingContext ctx, int status, JobView job) {
    return job.state() == JobState.COMPLETED
        ? Replies.transcript(rooms.jobs(), job)
            .compose(t -> Replies.send(ctx, status, JobJson.of(job).put("text", t.text())))
        : send(ctx, status, job);
  }

  /** The text from the beginning to the first chunk that is not done yet. */
  private Future<Void> sendPartial(RoutingContext ctx, JobView job) {
    return Replies.outlook(rooms)
        .compose(
            outlook ->
                rooms
                    .jobs()
                    .results(job.id())
                    .compose(
                        chunks ->
                            Replies.send(
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
    return find(ctx, Replies.id(ctx))
        .compose(job -> rooms.jobs().results(job.id()))
        .compose(results -> Replies.send(ctx, 200, JobJson.chunks(results)));
  }

  Future<Void> download(RoutingContext ctx) {
    String name = ctx.request().getParam("format", "txt");
    Format format =
        Format.parse(name)
            .orElseThrow(
                () ->
                    ApiError.badField(
                        "format", "format is txt, json, verbose_json, srt, vtt or tsv"));
    return find(ctx, Replies.id(ctx))
        .compose(
            job -> {
              if (job.state() != JobState.COMPLETED) {
                return Future.failedFuture(notReady(job));
              }
              String file = job.id() + "." + format.extension();
              ctx.response()
                  .putHeader("Content-Disposition", "attachment; filename=\"" + file + "\"");
              return Replies.transcript(rooms.jobs(), job)
                  .compose(t -> Replies.send(ctx, t, format));
            });
  }

  private static ApiError notReady(JobView job) {
    return job.state().terminal()
        ? Replies.ended(job)
        : new ApiError(
            409,
            "not_ready",
            null,
            "the job is " + job.state().wire() + " at " + job.progressPercent() + " %; ask again");
  }

  Future<Void> cancelJob(RoutingContext ctx) {
    JobId id = Replies.id(ctx);
    return find(ctx, id)
        .compose(job -> Replies.cancel(rooms, Replies.tenant(ctx), id))
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

  private Future<JobView> find(RoutingContext ctx, JobId id) {
    return Replies.find(rooms.jobs(), ctx, id);
  }

  private Future<Void> send(RoutingContext ctx, int status, JobView job) {
    return Replies.outlook(rooms)
        .compose(outlook -> Replies.send(ctx, status, JobJson.of(job, outlook.etaSeconds(job))));
  }
}
