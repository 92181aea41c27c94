package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends what becomes of one job into one stream of events, until the job has ended. The number of a
 * delta's event is its chunk's; that of the last event is the number of chunks that were done. Text
 * that the client has already is read again but not sent. Lives on the verticle's event loop.
 */
final class Feed {
  /** Chunks that are in memory at a time: half an hour of speech. */
  private static final int PAGE = 64;

  private final Rooms rooms;
  private final long tenant;
  private final JobId job;
  private final int from;
  private final boolean progress;
  private final EventStream out;
  private final Deltas deltas = new Deltas();
  private final Promise<Void> over = Promise.promise();
  private String lastProgress = "";
  private long movedNanos = System.nanoTime();
  private boolean looking;
  private boolean again;

  /**
   * {@code from}: the first number that the client has not; {@code progress}: whether it wants to
   * hear of it too.
   */
  Feed(Rooms rooms, long tenant, JobId job, int from, boolean progress, EventStream out) {
    this.rooms = rooms;
    this.tenant = tenant;
    this.job = job;
    this.from = from;
    this.progress = progress;
    this.out = out;
  }

  /**
   * Completes when the stream has ended, by itself or by {@link #stop}; fails with what ended it
   * before it began.
   */
  Future<Void> run() {
    JobWaiters.Watch watch = rooms.waiters().follow(job, this::look);
    return over.future()
        .onComplete(
            ended -> {
              watch.close();
              out.end();
            });
  }

  /** The client has gone; true when it did not have everything. */
  boolean stop() {
    return over.tryComplete();
  }

  /** One look at a time; a hint that comes meanwhile is one more look after it. */
  private void look() {
    again = looking;
    if (looking || over.future().isComplete()) {
      return;
    }
    looking = true;
    rooms
        .jobs()
        .find(tenant, job)
        .map(found -> found.orElseThrow(Replies::unknown))
        .compose(this::advance)
        .onFailure(this::excuse)
        .onComplete(
            looked -> {
              looking = false;
              if (again) {
                look();
              }
            });
  }

  /** A store that is away for a moment is asked again at the next poll. */
  private void excuse(Throwable failure) {
    ApiError error = ApiError.of(failure);
    if (!error.code().equals(FailureCode.STORE_DOWN.code()) || silentForTooLong()) {
      fail(error, null);
    }
  }

  private Future<Void> advance(JobView view) {
    if (over.future().isComplete()) {
      return Future.succeededFuture();
    }
    if (deltas.next() >= view.chunksDone()) {
      return settle(view);
    }
    return rooms
        .jobs()
        .results(job, deltas.next(), PAGE)
        .compose(
            chunks -> {
              send(chunks);
              return chunks.size() < PAGE ? settle(view) : drained().compose(go -> advance(view));
            });
  }

  private void send(List<ChunkResult> chunks) {
    for (Deltas.Delta delta : deltas.append(chunks)) {
      if (delta.seq() >= from) {
        out.send(eventId(delta.seq()), delta.json());
      }
      movedNanos = System.nanoTime();
    }
  }

  private Future<Void> drained() {
    if (!out.full()) {
      return Future.succeededFuture();
    }
    Promise<Void> room = Promise.promise();
    out.whenDrained(room::tryComplete);
    over.future().onComplete(gone -> room.tryComplete());
    return room.future();
  }

  private Future<Void> settle(JobView view) {
    return tell(view)
        .onSuccess(
            told -> {
              if (view.state() == JobState.COMPLETED) {
                out.send(eventId(view.chunksDone()), deltas.done(view));
                over.tryComplete();
              } else if (view.state().terminal()) {
                fail(Replies.ended(view), eventId(view.chunksDone()));
              } else if (progress && rooms.departure().reached(Departure.Stage.CLOSING)) {
                over.tryComplete(); // clients come again with the id that they had last
              } else if (rooms.departure().reached(Departure.Stage.LAST_CALL)) {
                fail(Departure.comeAgain(out.begun() ? goesOn() : "send the same again"), null);
              } else if (silentForTooLong()) {
                fail(tooSlow(), null);
              }
            });
  }

  /** How far the job is, where that is wanted and new. */
  private Future<Void> tell(JobView view) {
    String now = view.state().wire() + view.progressPercent();
    if (now.equals(lastProgress)) {
      return Future.succeededFuture();
    }
    lastProgress = now;
    movedNanos = System.nanoTime();
    if (!progress) {
      return Future.succeededFuture();
    }
    return rooms
        .queue()
        .nowOrUnknown()
        .onSuccess(
            outlook ->
                out.send(
                    null,
                    new JsonObject()
                        .put("type", "job.progress")
                        .put("status", view.state().wire())
                        .put("progress", view.progressPercent())
                        .put("eta_seconds", outlook.etaSeconds(view))))
        .mapEmpty();
  }

  private boolean silentForTooLong() {
    return System.nanoTime() - movedNanos > rooms.options().requestTimeout().toNanos();
  }

  private ApiError tooSlow() {
    return ApiError.of(
        FailureCode.TIMEOUT,
        "nothing moved for " + rooms.options().requestTimeout().toSeconds() + " s; " + goesOn());
  }

  private String goesOn() {
    return "the job goes on, and so do its events as " + JobRoutes.JOBS + "/" + job + "/events";
  }

  private void fail(ApiError error, @Nullable String id) {
    if (over.future().isComplete()) {
      return;
    }
    if (!out.begun()) {
      over.tryFail(error);
      return;
    }
    out.send(id, error.json());
    over.tryComplete();
  }

  private String eventId(int number) {
    return job + ":" + number;
  }
}
