package io.sotto.worker;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.sotto.protocol.Ack;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunkTranscript.StageTimes;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.Feeder;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Traces;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscribeChunk;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chunks a worker has in hand: each holds a slot from receipt to its end, whatever the end, and
 * every end but a dropped one is reported. Belongs to the worker's context.
 */
final class Workbench {
  private static final Logger LOG = LoggerFactory.getLogger(Workbench.class);
  private static final int REASON_CHARS_MAX = 500;

  private final WorkerOptions options;
  private final NodeId node;
  private final ClusterBus bus;
  private final ChunkFetch fetch;
  private final ModelLender models;
  private final Context context;
  private final WorkerMeters meters;
  private final Runnable changed;
  private final Slots slots;
  private final Reporter reporter;
  private final Feeder feeder = new Feeder();
  private final Speed speed = new Speed();
  private final Map<String, Speed> speeds = new HashMap<>();
  private final Map<ChunkId, ChunkRun> running = new HashMap<>();
  private @Nullable Promise<Void> cleared;
  private boolean alone;
  private boolean watching;

  Workbench(
      WorkerOptions options,
      NodeId node,
      ClusterBus bus,
      ChunkFetch fetch,
      ModelLender models,
      Context context,
      WorkerMeters meters,
      Runnable changed) {
    this.options = options;
    this.node = node;
    this.bus = bus;
    this.fetch = fetch;
    this.models = models;
    this.context = context;
    this.meters = meters;
    this.changed = changed;
    this.slots = new Slots(models.slots() + options.prefetch());
    this.reporter = new Reporter(bus, options, context.owner());
  }

  int slots() {
    return slots.total();
  }

  /** Free slots, none while too many results wait for a scheduler, or beside a suspect. */
  int free() {
    return alone || reporter.kept() >= options.reportsMax() ? 0 : slots.free();
  }

  /** Nothing is in hand, and nothing is left to tell. */
  private boolean empty() {
    return running.isEmpty() && reporter.kept() == 0;
  }

  /** The scheduler that may fill the free slots. */
  NodeId feeder() {
    return feeder.of(System.nanoTime());
  }

  double speed() {
    return speed.perSecond();
  }

  /** With one model, one chunk beside the others; 0 until measured. */
  double speed(String model) {
    Speed own = speeds.get(model);
    return own == null ? 0 : own.perSecond();
  }

  int running() {
    return running.size();
  }

  /** How many results wait for a scheduler. */
  int reports() {
    return reporter.kept();
  }

  /**
   * Takes {@code command} on. The same attempt again is acknowledged again; a newer one ends the
   * older, whose result nobody would accept.
   */
  Future<Ack> take(TranscribeChunk command, Trail trail) {
    ChunkRun held = running.get(command.chunk());
    if (held != null && held.command().attempt() == command.attempt()) {
      return Future.succeededFuture(new Ack());
    }
    if (held != null && held.command().attempt() > command.attempt()) {
      return refuse(FailureCode.LEASE_LOST, "a newer attempt is under way");
    }
    if (held != null) {
      held.stop(new SottoException(FailureCode.LEASE_LOST, "a newer attempt came"));
    }
    if (command.limitMs() < 1) {
      return refuse(FailureCode.TIMEOUT, "no time is left for this attempt");
    }
    if (command.solitary()) {
      return takeAlone(command, trail);
    }
    if (free() == 0 || !slots.take()) {
      return refuse(FailureCode.WORKER_FULL, "none of " + slots.total() + " slots may be taken");
    }
    begin(command, trail);
    return Future.succeededFuture(new Ack());
  }

  /**
   * What may bring the process down is taken on only when nothing would go down with it, and keeps
   * others out until its own result has been told.
   */
  private Future<Ack> takeAlone(TranscribeChunk command, Trail trail) {
    if (!empty() || !slots.take()) {
      return refuse(FailureCode.WORKER_FULL, "it must be alone, and other chunks are in hand");
    }
    alone = true;
    LOG.info("chunk taken alone {}", Subject.of(command.chunk(), node, command.attempt(), trail));
    begin(command, trail);
    return Future.succeededFuture(new Ack());
  }

  private static Future<Ack> refuse(FailureCode code, String reason) {
    return Future.failedFuture(new SottoException(code, reason));
  }

  private void begin(TranscribeChunk command, Trail trail) {
    Subject subject = Subject.of(command.chunk(), node, command.attempt(), trail);
    Span span = bus.traces().begin("transcribe", subject);
    Subject inside = subject.with(Traces.at(trail, span));
    ChunkRun run =
        new ChunkRun(command, inside, span, models.lend(command.options().model()), context);
    LOG.debug("chunk begun {}", subject);
    running.put(command.chunk(), run);
    feeder.fed(command.scheduler(), slots.free(), System.nanoTime());
    changed.run();
    tellWhenHungry();
    run.start(new PatientFetch(traced(span), command, options, context))
        .onComplete(text -> succeeded(run, text), why -> failed(run, SottoException.of(why)));
  }

  /** Every try to fetch is part of {@code span}. */
  private ChunkFetch traced(Span span) {
    return (url, sha256) -> {
      try (Scope _ = span.makeCurrent()) {
        return fetch.fetch(url, sha256);
      }
    };
  }

  /**
   * The slot is free before the report is sent, so that the report's credit can be used at once.
   */
  private void release(ChunkRun run) {
    running.remove(run.command().chunk(), run);
    slots.giveBack();
    feeder.freed(System.nanoTime());
    changed.run();
    tellWhenHungry();
  }

  /** Slots that their scheduler leaves empty are anybody's, which all must hear at once. */
  private void tellWhenHungry() {
    if (!watching && slots.free() > 0 && !feeder().equals(NodeId.NOBODY)) {
      watching = true;
      context
          .owner()
          .setTimer(
              Feeder.PATIENCE.toMillis() + 1,
              at -> {
                watching = false;
                if (feeder().equals(NodeId.NOBODY)) {
                  changed.run();
                }
                tellWhenHungry();
              });
    }
  }

  private void succeeded(ChunkRun run, ChunkTranscript text) {
    TranscribeChunk command = run.command();
    double audioSeconds = command.span().durationMs() / 1000.0;
    double wallSeconds = run.wallSeconds();
    speed.measured(audioSeconds, wallSeconds);
    Speed own = speeds.computeIfAbsent(run.model(), first -> new Speed());
    own.measured(audioSeconds, wallSeconds);
    meters.transcribed(run.model(), audioSeconds, wallSeconds, own.perSecond());
    release(run);
    run.span().setAttribute("sotto.audio_seconds", audioSeconds);
    run.span().setAttribute("sotto.model", run.model());
    run.span().setAttribute("sotto.encode_ms", text.times().encodeMs());
    run.span().setAttribute("sotto.decode_ms", text.times().decodeMs());
    Traces.end(run.span(), null);
    LOG.info("chunk transcribed {} {}", run.subject(), stages(text.times()));
    CrashPoint.WORKER_BEFORE_REPLY.pass();
    report(run, new ChunkTranscribed(command.chunk(), command.attempt(), node, text));
  }

  private void failed(ChunkRun run, SottoException why) {
    TranscribeChunk command = run.command();
    FailureCode code = why.code();
    if (code == FailureCode.WORKER_FULL) {
      // it would get the chunk straight back
      models.rest(run.model(), "its lanes refuse work");
    }
    meters.failed(run.model(), code.code(), run.wallSeconds());
    release(run);
    Traces.end(run.span(), why);
    LOG.info("chunk ended code={} {}: {}", code.code(), run.subject(), why.reason());
    if (code == FailureCode.CANCELLED || code == FailureCode.LEASE_LOST) {
      cleared();
      return;
    }
    boolean charged = code != FailureCode.DRAINING && code != FailureCode.WORKER_FULL;
    report(
        run,
        new ChunkFailed(
            command.chunk(), command.attempt(), node, code, shortened(why.reason()), charged));
  }

  private void report(ChunkRun run, SchedulerReport report) {
    reporter.report(run.command().scheduler(), report, run.subject()).onComplete(told -> cleared());
  }

  void cancel(JobId job) {
    stopAll(job, new SottoException(FailureCode.CANCELLED, "the job ended"));
  }

  void handBackAll(String reason) {
    stopAll(null, new SottoException(FailureCode.DRAINING, reason));
  }

  private void stopAll(@Nullable JobId job, SottoException reason) {
    List.copyOf(running.values()).stream()
        .filter(run -> job == null || run.command().chunk().job().equals(job))
        .forEach(run -> run.stop(reason));
  }

  /** Completes when nothing runs and every report is settled. */
  Future<Void> idle() {
    Promise<Void> promise = cleared == null ? Promise.promise() : cleared;
    cleared = promise;
    cleared();
    return promise.future();
  }

  private void cleared() {
    if (alone && empty()) {
      alone = false;
      changed.run();
    }
    if (cleared != null && empty()) {
      cleared.tryComplete();
    }
  }

  private static String stages(StageTimes times) {
    return String.format(
        Locale.ROOT,
        "fetch_ms=%.1f queue_ms=%.1f mel_ms=%.1f encode_ms=%.1f decode_ms=%.1f",
        times.fetchMs(),
        times.queueMs(),
        times.melMs(),
        times.encodeMs(),
        times.decodeMs());
  }

  private static String shortened(String reason) {
    return reason.length() <= REASON_CHARS_MAX ? reason : reason.substring(0, REASON_CHARS_MAX);
  }
}
