package io.sotto.http;

import io.sotto.protocol.Task;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** OpenAI's audio API. */
final class OpenAiHandlers {
  private final Rooms rooms;
  private final StreamHandlers streams;

  OpenAiHandlers(Rooms rooms) {
    this.rooms = rooms;
    this.streams = new StreamHandlers(rooms);
  }

  /** OpenAI's call: the answer is the transcript, or its pieces as they come. */
  Future<Void> transcript(RoutingContext ctx, @Nullable Task task) {
    AtomicReference<Wish> wish = new AtomicReference<>();
    return rooms
        .submission()
        .submit(Replies.caller(ctx), ctx.request(), task, form -> told(wish, form))
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              ctx.response().putHeader("x-sotto-job", submitted.job().toString());
              return wish.get().streamed()
                  ? streams.transcript(ctx, submitted.job(), submitted.keyed())
                  : whole(ctx, submitted, wish.get().form());
            });
  }

  /**
   * Read once, before there is a job: refused after it, by the bound on streams for instance, it
   * would leave the job running for nobody.
   */
  private Wish told(AtomicReference<Wish> wish, Form form) {
    OpenAiForm asked = OpenAiForm.read(form);
    wish.set(new Wish(asked, streams.wanted(form, asked.format())));
    return wish.get();
  }

  private record Wish(OpenAiForm form, boolean streamed) {}

  private Future<Void> whole(RoutingContext ctx, Submission.Submitted submitted, OpenAiForm asked) {
    KeepAlive alive = KeepAlive.start(ctx, asked.format().isJson(), rooms.options().streams());
    return ResultCall.serve(
            rooms,
            ctx,
            submitted,
            job ->
                Replies.transcript(rooms.jobs(), job)
                    .andThen((transcript, failure) -> alive.stop())
                    .compose(t -> Replies.send(ctx, t, asked)))
        .onFailure(failed -> alive.stop());
  }

  Future<Void> listModels(RoutingContext ctx) {
    JsonArray list = new JsonArray();
    rooms.models().all().forEach((id, means) -> list.add(model(id, means)));
    return Replies.send(ctx, 200, Replies.list(list));
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
