package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Transcripts as they come: server-sent events of one request, or of any job. */
final class StreamHandlers {
  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final Pattern EVENT_ID = Pattern.compile("([0-9a-fA-F-]{36}):(\\d{1,9})");
  private final Rooms rooms;

  StreamHandlers(Rooms rooms) {
    this.rooms = rooms;
  }

  /**
   * Whether {@code form} asks for events; refuses what has none. Formats that are more than text
   * cannot be given in pieces of text.
   */
  boolean wanted(Form form, Format format) {
    if (!form.flag("stream")) {
      return false;
    }
    if (format != Format.JSON && format != Format.TEXT) {
      throw ApiError.badField(
          "response_format",
          "stream=true sends pieces of text and goes with response_format json or text, not "
              + format.wire()
              + "; leave out stream, or make a job and download its "
              + format.wire());
    }
    admit();
    return true;
  }

  private void admit() {
    int max = rooms.options().streams().max();
    if (rooms.waiters().followers() >= max) {
      throw ApiError.of(
          FailureCode.OVERLOADED,
          "this node streams to " + max + " clients already; come again, or ask for the job");
    }
  }

  /** The events of a job that this request made; it ends with the connection unless keyed. */
  Future<Void> transcript(RoutingContext ctx, JobId job, boolean keyed) {
    Feed feed = new Feed(rooms, Replies.tenant(ctx).id(), job, 0, false, stream(ctx));
    Replies.onHangUp(
        ctx,
        () -> {
          if (feed.stop() && !keyed) {
            Replies.cancel(rooms, Replies.tenant(ctx), job);
          }
        });
    return feed.run()
        .onFailure(
            untold -> {
              // told to send the same again, which without a key is a second job
              if (!keyed && rooms.departure().reached(Departure.Stage.LAST_CALL)) {
                Replies.cancel(rooms, Replies.tenant(ctx), job);
              }
            });
  }

  /** The events of any job, after the one that the client had last. */
  Future<Void> events(RoutingContext ctx) {
    JobId job = Replies.id(ctx);
    int from = from(job, lastEventId(ctx));
    admit();
    return Replies.find(rooms.jobs(), ctx, job)
        .compose(
            view -> {
              if (from > view.chunksDone() && view.state().terminal()) {
                return nothingMore(ctx);
              }
              EventStream out = stream(ctx);
              out.open();
              Feed feed = new Feed(rooms, view.tenantId(), job, from, true, out);
              Replies.onHangUp(ctx, feed::stop);
              return feed.run();
            });
  }

  /** The status that tells a browser's EventSource not to connect again. */
  private static Future<Void> nothingMore(RoutingContext ctx) {
    return ctx.response().setStatusCode(204).end();
  }

  private EventStream stream(RoutingContext ctx) {
    return new EventStream(ctx.vertx(), ctx.response(), rooms.options().streams().keepAlive());
  }

  /** The header that EventSource sends, or the parameter for clients that cannot set headers. */
  private static @Nullable String lastEventId(RoutingContext ctx) {
    String header = ctx.request().getHeader(LAST_EVENT_ID);
    String asked = header == null ? ctx.request().getParam("last_event_id") : header;
    return asked == null || asked.isBlank() ? null : asked.strip();
  }

  private static int from(JobId job, @Nullable String last) {
    if (last == null) {
      return 0;
    }
    Matcher id = EVENT_ID.matcher(last);
    if (!id.matches() || !id.group(1).equalsIgnoreCase(job.toString())) {
      throw ApiError.badField(
          LAST_EVENT_ID,
          "the last event's id is <job id>:<number>, of this job, as its events carry it; leave it"
              + " out to have all of them");
    }
    return Integer.parseInt(id.group(2)) + 1;
  }
}
