package io.sotto.http;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.HistoryStore;
import io.sotto.storage.HistoryStore.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A tenant's jobs, page by page, and their being deleted. */
final class HistoryHandlers {
  private static final Logger LOG = LoggerFactory.getLogger(HistoryHandlers.class);
  private final Rooms rooms;

  HistoryHandlers(Rooms rooms) {
    this.rooms = rooms;
  }

  Future<Void> list(RoutingContext ctx) {
    HistoryQuery asked = HistoryQuery.read(ctx.request());
    return rooms
        .jobs()
        .list(Replies.tenant(ctx).id(), asked.query())
        .compose(
            page ->
                rooms
                    .queue()
                    .nowOrUnknown()
                    .compose(outlook -> Replies.send(ctx, 200, json(asked, page, outlook))));
  }

  /** The list under both names that clients look for it. */
  private static JsonObject json(HistoryQuery asked, Page page, Outlook outlook) {
    JsonArray data = new JsonArray();
    page.jobs().forEach(job -> data.add(JobJson.of(job, outlook.etaSeconds(job))));
    return new JsonObject()
        .put("object", "list")
        .put("data", data)
        .put("transcriptions", data)
        .put("has_more", page.next() != null)
        .put("pagination", pagination(asked, page));
  }

  private static JsonObject pagination(HistoryQuery asked, Page page) {
    int limit = asked.query().limit();
    int total = Math.min(page.total(), HistoryStore.COUNTED_MAX);
    return new JsonObject()
        .put("page", asked.page())
        .put("limit", limit)
        .put("total", total)
        .put("total_is_exact", page.total() <= HistoryStore.COUNTED_MAX)
        .put("pages", (total + limit - 1) / limit)
        .put("next", page.next() == null ? null : asked.cursor(page.next()));
  }

  /** Gone for every reader when this is answered; its audio follows within moments. */
  Future<Void> delete(RoutingContext ctx) {
    JobId id = Replies.id(ctx);
    return rooms
        .jobs()
        .delete(Replies.tenant(ctx).id(), id)
        .map(found -> found.orElseThrow(Replies::unknown))
        .compose(
            deleted -> {
              LOG.info("deleted job={} chunk=- node=- attempt=- open={}", id, deleted.open());
              if (deleted.open()) {
                rooms.events().changed(id, JobState.CANCELLED);
              }
              return Replies.send(
                  ctx,
                  200,
                  new JsonObject()
                      .put("id", id.toString())
                      .put("object", "transcription.deleted")
                      .put("deleted", true)
                      .put("message", "the job, its text and its audio are deleted")
                      .put("deleted_at", deleted.at().toString()));
            });
  }
}
