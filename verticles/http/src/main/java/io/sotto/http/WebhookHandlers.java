package io.sotto.http;

import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Sent;
import io.sotto.storage.WebhookStore.State;
import io.sotto.storage.WebhookStore.Try;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a job's webhook came to, try by try, and its being sent again. */
final class WebhookHandlers {
  private static final int LIST_USUAL = 20;
  private static final int LIST_MAX = 100;
  private final JobStore jobs;

  WebhookHandlers(JobStore jobs) {
    this.jobs = jobs;
  }

  Future<Void> log(RoutingContext ctx) {
    return Replies.find(jobs, ctx, Replies.id(ctx))
        .compose(job -> jobs.webhooks().log(Replies.tenant(ctx).id(), job.id()))
        .compose(entries -> Replies.send(ctx, 200, json(entries)));
  }

  Future<Void> replay(RoutingContext ctx) {
    return Replies.find(jobs, ctx, Replies.id(ctx))
        .compose(
            job ->
                jobs.webhooks()
                    .replay(Replies.tenant(ctx).id(), job.id())
                    .compose(
                        events ->
                            events == 0
                                ? Future.failedFuture(nothing(job))
                                : jobs.webhooks().log(Replies.tenant(ctx).id(), job.id())))
        .compose(entries -> Replies.send(ctx, 202, json(entries)));
  }

  /** The tenant's deliveries over all jobs, the latest first. */
  Future<Void> list(RoutingContext ctx) {
    return jobs.webhooks()
        .recent(Replies.tenant(ctx).id(), state(ctx), limit(ctx))
        .compose(
            sent -> {
              JsonArray data = new JsonArray();
              sent.forEach(one -> data.add(json(one)));
              return Replies.send(ctx, 200, Replies.list(data));
            });
  }

  static @Nullable State state(RoutingContext ctx) {
    String name = ctx.request().getParam("status");
    if (name == null) {
      return null;
    }
    return List.of(State.values()).stream()
        .filter(state -> state.wire().equals(name))
        .findFirst()
        .orElseThrow(
            () -> ApiError.badField("status", "status is pending, delivered, failed or disabled"));
  }

  static int limit(RoutingContext ctx) {
    String limit = ctx.request().getParam("limit", String.valueOf(LIST_USUAL));
    if (!limit.matches("\\d{1,3}")
        || Integer.parseInt(limit) < 1
        || Integer.parseInt(limit) > LIST_MAX) {
      throw ApiError.badField("limit", "limit is a whole number from 1 to " + LIST_MAX);
    }
    return Integer.parseInt(limit);
  }

  /** Sends one event again; the answer is its job's deliveries. */
  Future<Void> replayOne(RoutingContext ctx) {
    long tenant = Replies.tenant(ctx).id();
    return jobs.webhooks()
        .replay(tenant, ctx.pathParam("id"))
        .map(
            job ->
                job.orElseThrow(
                    () ->
                        new ApiError(
                            404,
                            "not_found",
                            "id",
                            "there is no such webhook; GET /api/v1/webhooks lists those that are")))
        .compose(job -> jobs.webhooks().log(tenant, job))
        .compose(entries -> Replies.send(ctx, 202, json(entries)));
  }

  private static ApiError nothing(JobView job) {
    return job.state().terminal()
        ? new ApiError(
            409,
            "no_webhook",
            null,
            "nobody was to be told of the job: it named no webhook_url, and no enabled endpoint"
                + " wanted its end; read its result here")
        : new ApiError(
                409,
                "not_ready",
                null,
                "the job is " + job.state().wire() + "; its webhook is sent when it has ended")
            .again();
  }

  private static JsonObject json(List<Entry> entries) {
    JsonArray data = new JsonArray();
    entries.forEach(entry -> data.add(json(entry)));
    return Replies.list(data);
  }

  private static JsonObject json(Sent sent) {
    Entry entry = sent.entry();
    return new JsonObject()
        .put("id", entry.id())
        .put("job", sent.job() == null ? null : sent.job().toString())
        .put("endpoint", endpoint(entry))
        .put("event", entry.type())
        .put("status", entry.state().wire())
        .put("tries", entry.tries())
        .put("next_at", entry.nextAt() == null ? null : entry.nextAt().toString());
  }

  private static @Nullable String endpoint(Entry entry) {
    return entry.endpoint() == null ? null : entry.endpoint().toString();
  }

  static JsonObject json(Entry entry) {
    JsonArray tries = new JsonArray();
    entry.log().forEach(one -> tries.add(json(one)));
    return new JsonObject()
        .put("id", entry.id())
        .put("endpoint", endpoint(entry))
        .put("event", entry.type())
        .put("status", entry.state().wire())
        .put("next_at", entry.nextAt() == null ? null : entry.nextAt().toString())
        .put("tries", tries);
  }

  private static JsonObject json(Try one) {
    Answer answer = one.answer();
    return new JsonObject()
        .put("n", one.n())
        .put("at", one.at().toString())
        .put("status", answer.status())
        .put("error", answer.error())
        .put("reason", answer.reason())
        .put("milliseconds", answer.ms());
  }
}
