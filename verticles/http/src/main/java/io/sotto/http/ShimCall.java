package io.sotto.http;

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
      return Replies.transcript(job, chunks);
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
    return rooms
        .submission()
        .submit(Replies.caller(ctx), ctx.request(), null, intake)
        .compose(
            submitted -> {
              ctx.put("job", submitted.job());
              return ResultCall.serve(
                  rooms,
                  ctx,
                  submitted,
                  job ->
                      rooms
                          .jobs()
                          .results(job.id())
                          .compose(
                              chunks ->
                                  answer.apply(ctx, new Done(submitted.form(), job, chunks))));
            });
  }
}
