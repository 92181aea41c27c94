package io.sotto.http;

import io.sotto.http.ModelChooser.Choice;
import io.sotto.http.ModelChooser.Wish;
import io.sotto.protocol.Task;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** The models and languages that there are, and which model a request would get. */
final class ModelHandlers {
  private final Rooms rooms;

  ModelHandlers(Rooms rooms) {
    this.rooms = rooms;
  }

  Future<Void> list(RoutingContext ctx) {
    return Replies.send(ctx, 200, ModelJson.list(rooms.models()));
  }

  Future<Void> strategies(RoutingContext ctx) {
    return Replies.send(ctx, 200, ModelJson.strategies(rooms.models().defaultModel()));
  }

  Future<Void> qualities(RoutingContext ctx) {
    return Replies.send(ctx, 200, ModelJson.qualities());
  }

  Future<Void> languages(RoutingContext ctx) {
    return Replies.send(ctx, 200, ModelJson.languages(rooms.models().offered()));
  }

  /** What a job with the same wishes would get at this moment, by the same choice. */
  Future<Void> preview(RoutingContext ctx) {
    String size = query(ctx, "file_size", "fileSize");
    Double duration = ModelForm.seconds("duration", query(ctx, "duration"));
    Quality asked = ModelForm.quality(query(ctx, "quality"));
    Quality quality = asked == null ? Quality.BALANCED : asked;
    String deadlineText = query(ctx, "deadline", "deadline_seconds");
    Double deadline = ModelForm.seconds("deadline", deadlineText);
    String language = Submission.language(query(ctx, "language"));
    String model = query(ctx, "model", "userModel");
    Double length = duration != null ? duration : estimated(size);
    Task task = Submission.task(query(ctx, "task"));
    Wish wish = new Wish(language, task == Task.TRANSLATE, quality, length, deadline);
    ModelChooser chooser = rooms.models().chooser();
    boolean auto = model == null || model.equals("auto");
    Choice choice =
        auto ? chooser.choose(wish) : chooser.named(rooms.models().resolve(model), wish);
    JsonObject input =
        new JsonObject()
            .put("file_size", size == null ? null : Long.valueOf(size))
            .put("duration", duration)
            .put("language", language)
            .put("quality", quality.key())
            .put("deadline_seconds", deadline)
            .put("model", auto ? "auto" : model);
    return Replies.send(ctx, 200, ModelJson.preview(choice, input, length, duration == null));
  }

  private static @Nullable Double estimated(@Nullable String size) {
    if (size == null) {
      return null;
    }
    if (!size.matches("\\d{1,15}")) {
      throw ApiError.badField("file_size", "file_size is a number of bytes");
    }
    return LengthEstimate.seconds(Long.parseLong(size), null, null);
  }

  /** The first of {@code names} that the query has with a value. */
  private static @Nullable String query(RoutingContext ctx, String... names) {
    for (String name : names) {
      String value = ctx.request().getParam(name);
      if (value != null && !value.isBlank()) {
        return value.strip();
      }
    }
    return null;
  }
}
