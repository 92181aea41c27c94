package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.BiFunction;

/**
 * A call of another server's client: its form becomes one of ours, a job like any other is made and
 * waited for, and cancelled when the client hangs up.
 */
final class ShimCall {
  private final Rooms rooms;

  ShimCall(Rooms rooms) {
    this.rooms = rooms;
  }

  /** What has become of it: the form as ours, the job, and its chunks. */
  record Done(Form form, JobView job, List<ChunkResult> chunks) {
    Transcript transcript() {
      Long audioMs = job.audioMs();
      long ms = audioMs == null ? 0 : audioMs;
      return Transcript.of(job.options().task(), language(), ms, chunks);
    }

    /** What was spoken; nobody can tell of silence, and English is what clients expect then. */
    String language() {
      String language = job.language();
      return language == null ? "en" : language;
    }

    /** How sure the model was of the language where it heard it first; 0 where there was none. */
    double languageProbability() {
      return chunks.isEmpty() ? 0 : chunks.getFirst().transcript().languageProbability();
    }
  }

  /** Sends what {@code answer} makes of the transcript. */
  Future<Void> serve(
      RoutingContext ctx,
      Submission.Intake intake,
      BiFunction<RoutingContext, Done, Future<Void>> answer) {
    boolean[] answered = {false};
    return rooms
        .submission()
        .submit(Replies.tenant(ctx), ctx.request(), null, intake)
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              ctx.response().closeHandler(gone -> hungUp(ctx, submitted, answered));
              return rooms
                  .waiters()
                  .await(
                      Replies.tenant(ctx).id(), submitted.job(), rooms.options().requestTimeout())
                  .compose(job -> done(submitted.form(), job))
                  .compose(done -> answer.apply(ctx, done));
            })
        .onComplete(sent -> answered[0] = true);
  }

  private Future<Done> done(Form form, JobView job) {
    if (job.state() == JobState.COMPLETED) {
      return rooms.jobs().results(job.id()).map(chunks -> new Done(form, job, chunks));
    }
    return Future.failedFuture(
        job.state().terminal()
            ? Replies.ended(job)
            : ApiError.of(
                FailureCode.TIMEOUT,
                "not done after "
                    + rooms.options().requestTimeout().toSeconds()
                    + " s; the job goes on as /api/v1/transcriptions/"
                    + job.id()));
  }

  private void hungUp(RoutingContext ctx, Submission.Submitted submitted, boolean[] answered) {
    if (!answered[0] && !submitted.keyed()) {
      Replies.cancel(rooms, Replies.tenant(ctx), submitted.job());
    }
  }
}
