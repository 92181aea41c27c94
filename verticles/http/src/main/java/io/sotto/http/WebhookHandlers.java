package io.sotto.http;

import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Try;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/** What a job's webhook came to, try by try, and its being sent again. */
final class WebhookHandlers {
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

  private static ApiError nothing(JobView job) {
    return job.state().terminal()
        ? new ApiError(
            409,
            "no_webhook",
            null,
            "the job named no webhook_url; submit it with one, or read its result here")
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
    return new JsonObject().put("object", "list").put("data", data);
  }

  private static JsonObject json(Entry entry) {
    JsonArray tries = new JsonArray();
    entry.log().forEach(one -> tries.add(json(one)));
    return new JsonObject()
        .put("id", entry.id())
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
