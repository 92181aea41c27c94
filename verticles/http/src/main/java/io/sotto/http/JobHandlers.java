package io.sotto.http;

import io.sotto.http.subtitle.Shape;
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
        .submit(Replies.caller(ctx), ctx.request(), null, form -> sync(ctx, form))
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              ctx.response().putHeader("Location", JobRoutes.JOBS + "/" + submitted.job());
              SyncMode sync = sync(ctx, submitted.form());
              return sync.waits() ? waitAndShow(ctx, submitted, sync) : show(ctx, submitted);
            });
  }

  private SyncMode sync(RoutingContext ctx, Form form) {
    String prefer = String.join(",", ctx.request().headers().getAll("Prefer"));
    HttpOptions options = rooms.options();
    return SyncMode.of(form.field("sync"), prefer, options.sync(), options.requestTimeout());
  }

  private Future<Void> show(RoutingContext ctx, Submission.Submitted submitted) {
    return find(ctx, submitted.job())
        .compose(job -> show(ctx, submitted.created() ? 202 : 200, job, submitted.asked()));
  }

  /** The result if the job ends in time; the job as it is, which goes on, if it does not. */
  private Future<Void> waitAndShow(
      RoutingContext ctx, Submission.Submitted submitted, SyncMode sync) {
    // auto tells by its status whether the job has ended, so that it cannot begin its answer before
    KeepAlive alive = KeepAlive.start(ctx, sync.audioMsMax() == null, rooms.options().streams());
    return rooms
        .waiters()
        .await(Replies.tenant(ctx).id(), submitted.job(), sync.atMost(), sync::tooLong)
        .onComplete(over -> alive.stop())
        .compose(
            job ->
                job.state().terminal() && job.state() != JobState.COMPLETED
                    ? Future.failedFuture(Replies.ended(job))
                    : show(ctx, job.state().terminal() ? 200 : 202, job, submitted.asked()));
  }

  Future<Void> getJob(RoutingContext ctx) {
    boolean partial = flag(ctx, "partial");
    return find(ctx, Replies.id(ctx))
        .compose(job -> partial ? Replies.partial(rooms, job) : Replies.shown(rooms, job))
        .compose(body -> Replies.send(ctx, 200, body));
  }

  /** The job, and why it has the model that it has, to whoever left that to the server. */
  private Future<Void> show(RoutingContext ctx, int status, JobView job, ModelForm.Asked asked) {
    ModelChooser.Choice choice = asked.choice();
    // a repeated call may have met a job for which another was made
    boolean ours = choice != null && choice.model().name().equals(job.options().model());
    return Replies.shown(rooms, job)
        .map(
            body ->
                ours
                    ? body.put("model_selection", ModelJson.selection(choice, asked.quality()))
                    : body)
        .compose(body -> Replies.send(ctx, status, body));
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
                        "format", "format is txt, json, verbose_json, srt, vtt, ttml or tsv"));
    Shape shape = ShapeForm.read(ctx.request()::getParam, format);
    boolean partial = flag(ctx, "partial");
    return find(ctx, Replies.id(ctx))
        .compose(
            job -> {
              boolean whole = job.state() == JobState.COMPLETED;
              if (!whole && !partial) {
                return Future.failedFuture(notReady(job));
              }
              String file = job.id() + (whole ? "." : ".partial.") + format.extension();
              return rooms
                  .jobs()
                  .results(job.id())
                  .map(chunks -> whole ? chunks : Transcript.leading(chunks))
                  .compose(
                      chunks -> {
                        attach(ctx, file);
                        return Replies.send(ctx, Replies.transcript(job, chunks), format, shape);
                      });
            });
  }

  private static void attach(RoutingContext ctx, String file) {
    ctx.response().putHeader("Content-Disposition", "attachment; filename=\"" + file + "\"");
  }

  private static ApiError notReady(JobView job) {
    return job.state().terminal()
        ? Replies.ended(job)
        : new ApiError(
                409,
                "not_ready",
                null,
                "the job is "
                    + job.state().wire()
                    + " at "
                    + job.progressPercent()
                    + " %; ask again, or for what is there with partial=true")
            .again();
  }

  Future<Void> cancelJob(RoutingContext ctx) {
    return Replies.cancelled(rooms, Replies.tenant(ctx), Replies.id(ctx))
        .compose(job -> Replies.shown(rooms, job))
        .compose(body -> Replies.send(ctx, 200, body));
  }

  private Future<JobView> find(RoutingContext ctx, JobId id) {
    return Replies.find(rooms.jobs(), ctx, id);
  }
}
