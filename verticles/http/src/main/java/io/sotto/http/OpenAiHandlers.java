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

  OpenAiHandlers(Rooms rooms) {
    this.rooms = rooms;
  }

  /**
   * OpenAI's call: the answer is the transcript, and a client that hangs up wants none, unless an
   * idempotency key says that it may come again for it.
   */
  Future<Void> transcript(RoutingContext ctx, @Nullable Task task) {
    boolean[] answered = {false};
    return rooms
        .submission()
        .submit(Replies.tenant(ctx), ctx.request(), task, OpenAiHandlers::openAiFormat)
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              if (!submitted.keyed()) {
                ctx.response()
                    .closeHandler(gone -> hungUp(Replies.tenant(ctx), submitted.job(), answered));
              }
              return rooms
                  .waiters()
                  .await(
                      Replies.tenant(ctx).id(), submitted.job(), rooms.options().requestTimeout())
                  .compose(job -> transcriptOf(job))
                  .compose(t -> send(ctx, t, submitted.form()));
            })
        .onComplete(sent -> answered[0] = true);
  }

  private static Future<Void> send(RoutingContext ctx, Transcript transcript, Form form) {
    Format format = openAiFormat(form);
    return Replies.send(ctx, transcript, format, ShapeForm.read(form::field, format));
  }

  private static Format openAiFormat(Form form) {
    String name = form.field("response_format");
    String temperature = form.field("temperature");
    if (temperature != null && !temperature.matches("0(\\.\\d+)?|1(\\.0+)?")) {
      throw ApiError.badField("temperature", "temperature is a number from 0 to 1");
    }
    Format format =
        Format.parse(name == null ? "json" : name)
            .orElseThrow(
                () ->
                    ApiError.badField(
                        "response_format",
                        "response_format is json, text, srt, vtt or verbose_json"));
    ShapeForm.read(form::field, format);
    return format;
  }

  private Future<Transcript> transcriptOf(JobView job) {
    if (job.state() == JobState.COMPLETED) {
      return Replies.transcript(rooms.jobs(), job);
    }
    return Future.failedFuture(job.state().terminal() ? Replies.ended(job) : tooSlow(job));
  }

  private ApiError tooSlow(JobView job) {
    return ApiError.of(
        FailureCode.TIMEOUT,
        "not done after "
            + rooms.options().requestTimeout().toSeconds()
            + " s; the job goes on as /api/v1/transcriptions/"
            + job.id());
  }

  private void hungUp(Tenant tenant, JobId job, boolean[] answered) {
    if (!answered[0]) {
      Replies.cancel(rooms, tenant, job);
    }
  }

  Future<Void> listModels(RoutingContext ctx) {
    JsonArray list = new JsonArray();
    for (String name : rooms.models().names()) {
      list.add(
          new JsonObject()
              .put("id", name)
              .put("object", "model")
              .put("created", 0)
              .put("owned_by", "sotto"));
    }
    return Replies.send(ctx, 200, new JsonObject().put("object", "list").put("data", list));
  }
}
