package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobView;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;

/**
 * A call whose answer is the result of the job that it made: a client that hangs up wants none,
 * unless an idempotency key says that it may come again for it.
 */
final class ResultCall {
  private ResultCall() {}

  /** Sends what {@code answer} makes of the completed job. */
  static Future<Void> serve(
      Rooms rooms,
      RoutingContext ctx,
      Submission.Submitted submitted,
      Function<JobView, Future<Void>> answer) {
    Tenant tenant = Replies.tenant(ctx);
    boolean[] answered = {false};
    if (!submitted.keyed()) {
      Replies.onHangUp(
          ctx,
          () -> {
            if (!answered[0]) {
              Replies.cancel(rooms, tenant, submitted.job());
            }
          });
    }
    return rooms
        .waiters()
        .await(tenant.id(), submitted.job(), rooms.options().requestTimeout())
        .compose(job -> completed(rooms, tenant, job, submitted.keyed()))
        .compose(answer)
        .onComplete(sent -> answered[0] = true);
  }

  private static Future<JobView> completed(Rooms rooms, Tenant tenant, JobView job, boolean keyed) {
    if (job.state() == JobState.COMPLETED) {
      return Future.succeededFuture(job);
    }
    if (!job.state().terminal() && rooms.departure().reached(Departure.Stage.LAST_CALL)) {
      return leaving(rooms, tenant, job, keyed);
    }
    return Future.failedFuture(
        job.state().terminal() ? Replies.ended(job) : tooSlow(rooms, job, keyed));
  }

  /** Without a key the same again is a second job: this one would be done in vain. */
  private static Future<JobView> leaving(Rooms rooms, Tenant tenant, JobView job, boolean keyed) {
    ApiError again =
        Departure.comeAgain(
            keyed
                ? "the job goes on: send the same again, with its key, to have its result"
                : "send the same again");
    return keyed
        ? Future.failedFuture(again)
        : Replies.cancel(rooms, tenant, job.id()).transform(done -> Future.failedFuture(again));
  }

  /** The same again would be a second job, where no key tells that it is the same. */
  private static ApiError tooSlow(Rooms rooms, JobView job, boolean keyed) {
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
}
