package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.Task;
import io.sotto.storage.JobView;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** OpenAI's audio API. */
final class OpenAiHandlers {
  private final Rooms rooms;
  private final StreamHandlers streams;

  OpenAiHandlers(Rooms rooms) {
    this.rooms = rooms;
    this.streams = new StreamHandlers(rooms);
  }

  /**
   * OpenAI's call: the answer is the transcript, and a client that hangs up wants none, unless an
   * idempotency key says that it may come again for it.
   */
  Future<Void> transcript(RoutingContext ctx, @Nullable Task task) {
    boolean[] answered = {false};
    return rooms
        .submission()
        .submit(Replies.tenant(ctx), ctx.request(), task, this::streamed)
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              ctx.response().putHeader("x-sotto-job", submitted.job().toString());
              if (streamed(submitted.form())) {
                return streams.transcript(ctx, submitted.job(), submitted.keyed());
              }
              OpenAiForm asked = OpenAiForm.read(submitted.form());
              KeepAlive alive = KeepAlive.start(ctx, asked.format(), rooms.options().streams());
              if (!submitted.keyed()) {
                Replies.onHangUp(ctx, () -> hungUp(Replies.tenant(ctx), submitted.job(), answered));
              }
              return rooms
                  .waiters()
                  .await(
                      Replies.tenant(ctx).id(), submitted.job(), rooms.options().requestTimeout())
                  .compose(job -> transcriptOf(job, submitted.keyed()))
                  .andThen((transcript, failure) -> alive.stop())
                  .compose(t -> Replies.send(ctx, t, asked));
            })
        .onComplete(sent -> answered[0] = true);
  }

  private boolean streamed(Form form) {
    return streams.wanted(form, OpenAiForm.read(form).format());
  }

  private Future<Transcript> transcriptOf(JobView job, boolean keyed) {
    if (job.state() == JobState.COMPLETED) {
      return Replies.transcript(rooms.jobs(), job);
    }
    return Future.failedFuture(job.state().terminal() ? Replies.ended(job) : tooSlow(job, keyed));
  }

  /** The same again would be a second job, where no key tells that it is the same. */
  private ApiError tooSlow(JobView job, boolean keyed) {
    ApiError slow =
        ApiError.of(
            FailureCode.TIMEOUT,
            "not done after "
                + rooms.options().requestTimeout().toSeconds()
                + " s; the job goes on as "
                + JobRoutes.JOBS
                + "/"
                + job.id());
    return keyed ? slow.again() : slow;
  }

  private void hungUp(Tenant tenant, JobId job, boolean[] answered) {
    if (!answered[0]) {
      Replies.cancel(rooms, tenant, job);
    }
  }

  Future<Void> listModels(RoutingContext ctx) {
    JsonArray list = new JsonArray();
    rooms.models().all().forEach((id, means) -> list.add(model(id, means)));
    return Replies.send(ctx, 200, new JsonObject().put("object", "list").put("data", list));
  }

  Future<Void> getModel(RoutingContext ctx) {
    String id = ctx.pathParam("id");
    return Replies.send(ctx, 200, model(id, rooms.models().resolve(id)));
  }

  /** {@code means} is the model behind an alias; extra to OpenAI's fields, which SDKs let pass. */
  private JsonObject model(String id, String means) {
    JsonObject model =
        new JsonObject()
            .put("id", id)
            .put("object", "model")
            .put("created", rooms.models().since(means))
            .put("owned_by", "sotto");
    return id.equals(means) ? model : model.put("alias_of", means);
  }
}
