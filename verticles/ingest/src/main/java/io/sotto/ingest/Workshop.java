package io.sotto.ingest;

import io.opentelemetry.context.Scope;
import io.sotto.engine.SpeechDetector;
import io.sotto.engine.Transcriber;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Span;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Traces;
import io.sotto.storage.AudioStore;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One recording on its way through an ingest node: downloaded, decoded and cut on a pool thread,
 * chunks stored while decoding goes on, each told to the scheduler once it is stored. Its file goes
 * in every ending. Lives on the verticle's event loop.
 */
final class Workshop {
  private static final Logger LOG = LoggerFactory.getLogger(Workshop.class);

  /** What every recording needs. */
  record Tools(
      IngestOptions options,
      Path temp,
      NodeId node,
      ClusterBus bus,
      AudioStore store,
      SourceDownload download,
      Supplier<SpeechDetector> detectors,
      ExecutorService pool,
      IngestMeters meters,
      Vertx vertx,
      Context context) {}

  private final Tools tools;
  private final PrepareAudio work;
  private final Subject subject;
  private final io.opentelemetry.api.trace.Span span;
  private final Path file;
  private final Decoder decoder;
  private final ReportLine line;
  private final Semaphore puts = new Semaphore(IngestOptions.PUTS_AT_ONCE);
  private final Promise<Void> over = Promise.promise();
  private final long begun = System.nanoTime();
  private long downloadMs;
  private int stored;
  private @Nullable SottoException broken;
  private boolean ended;
  private volatile boolean stopped;

  Workshop(Tools tools, PrepareAudio work, Subject subject, io.opentelemetry.api.trace.Span span) {
    this.tools = tools;
    this.work = work;
    this.subject = subject;
    this.span = span;
    this.file = tools.temp().resolve(work.job() + "-" + work.attempt());
    long samplesMax = tools.options().audioMax().toMillis() * Transcriber.SAMPLE_RATE / 1000;
    this.decoder = new Decoder(tools.options().ffmpeg(), file, samplesMax);
    this.line = new ReportLine(tools.vertx(), tools.bus(), tools.node(), work, subject);
  }

  /** Completes, always with success, when nothing of the recording is left on this node. */
  Future<Void> run() {
    watch();
    line.over().onFailure(refused -> refused(SottoException.of(refused).code()));
    within(
            () ->
                tools
                    .download()
                    .download(work.sourceUrl(), file, work.sourceBytes(), work.sourceSha256()))
        .compose(here -> prepare())
        .onComplete(this::told);
    return over.future();
  }

  /** What {@code call} asks of the store is part of this. */
  private <T> Future<T> within(Supplier<Future<T>> call) {
    try (Scope _ = span.makeCurrent()) {
      return call.get();
    }
  }

  PrepareAudio work() {
    return work;
  }

  private Future<Preparation.Done> prepare() {
    downloadMs = (System.nanoTime() - begun) / 1_000_000;
    Promise<Preparation.Done> done = Promise.promise();
    tools
        .pool()
        .execute(
            () -> {
              try (SpeechDetector detector = tools.detectors().get()) {
                Preparation.Done result = new Preparation(decoder, detector, this::chunk).call();
                puts.acquire(IngestOptions.PUTS_AT_ONCE);
                onContext(() -> done.complete(result));
              } catch (Exception e) {
                puts.acquireUninterruptibly(IngestOptions.PUTS_AT_ONCE);
                onContext(() -> done.fail(e));
              }
            });
    return done.future();
  }

  private void onContext(Runnable action) {
    try {
      tools.context().runOnContext(on -> action.run());
    } catch (RejectedExecutionException stopped) {
      LOG.debug("the node has stopped; nobody waits for {}", subject);
    }
  }

  /** On the pool's thread: waits until the store took an earlier chunk. */
  private void chunk(int seq, Span span, byte[] wav, long preparedMs) throws InterruptedException {
    puts.acquire();
    onContext(() -> put(seq, span, wav, preparedMs));
  }

  private void put(int seq, Span span, byte[] wav, long preparedMs) {
    AudioKey key = AudioKey.chunk(new ChunkId(work.job(), seq));
    if (stopped || broken != null) {
      puts.release();
      return;
    }
    within(() -> tools.store().put(key, wav))
        .onSuccess(
            object -> {
              CrashPoint.PREPARE_AFTER_PUT.pass();
              stored++;
              line.chunk(
                  new PreparedChunk(seq, span, key, object.sha256(), object.bytes()), preparedMs);
            })
        .onFailure(
            failure -> {
              broken = SottoException.of(failure);
              decoder.kill();
            })
        .onComplete(put -> puts.release());
  }

  private void told(io.vertx.core.AsyncResult<Preparation.Done> outcome) {
    Future<?> gone = deleteFile();
    SottoException store = broken;
    if (stopped) {
      tools.meters().ended(begun, "stopped");
      Traces.end(span, new SottoException(FailureCode.CANCELLED, "stopped"));
      line.abandon();
    } else if (store != null) {
      tools.meters().ended(begun, store.code().code());
      Traces.end(span, store);
      line.fail(store.code(), store.reason());
    } else if (outcome.succeeded()) {
      Preparation.Done done = outcome.result();
      LOG.info(
          "prepared {} audio_ms={} chunks={} download_ms={} vad_ms={} prepare_ms={}",
          subject,
          done.audioMs(),
          stored,
          downloadMs,
          done.vadMs(),
          (System.nanoTime() - begun) / 1_000_000);
      tools.meters().prepared(begun, done.audioMs(), stored);
      span.setAttribute("sotto.audio_seconds", done.audioMs() / 1000.0);
      span.setAttribute("sotto.chunks", stored);
      Traces.end(span, null);
      CrashPoint.PREPARE_BEFORE_END.pass();
      line.end(new ChunksPrepared.End(done.chunks(), done.audioMs()));
    } else {
      fail(SottoException.of(outcome.cause()));
    }
    line.over()
        .transform(told -> Future.join(gone, deleteChunks()))
        .onComplete(end -> over.complete());
  }

  private void fail(SottoException why) {
    Traces.end(span, why);
    tools.meters().ended(begun, why.code().code());
    if (why.code() == FailureCode.INTERNAL) {
      LOG.error("preparing failed {}", subject, why);
    } else {
      LOG.info("preparing failed {} code={} reason={}", subject, why.code().code(), why.reason());
    }
    line.fail(why.code(), why.reason());
  }

  private Future<?> deleteFile() {
    return tools.vertx().executeBlocking(() -> Files.deleteIfExists(file));
  }

  /** A decoder that gives nothing is killed, unless it waits for the store. */
  private void watch() {
    tools
        .vertx()
        .setTimer(
            IngestOptions.DECODER_SILENCE.toMillis() / 4,
            at -> {
              if (over.future().isComplete()) {
                return;
              }
              boolean waits = puts.availablePermits() == 0;
              if (!waits && decoder.idleNanos() > IngestOptions.DECODER_SILENCE.toNanos()) {
                decoder.kill();
              }
              watch();
            });
  }

  private void refused(FailureCode code) {
    ended = code == FailureCode.CANCELLED;
    stop();
  }

  /**
   * The chunks of a job that ended may have been stored after its audio was deleted. Where only the
   * attempt is no longer current they are the next one's, and stay.
   */
  private Future<?> deleteChunks() {
    return ended
        ? tools.store().deleteAll(AudioKey.chunkPrefix(work.job()))
        : Future.succeededFuture();
  }

  /** Ends it without a word: cancelled, or its attempt is no longer current. */
  void stop() {
    stopped = true;
    decoder.stop();
  }

  /** Ends it and gives the job back: this node leaves. */
  void handBack() {
    if (!stopped && !line.over().isComplete()) {
      line.fail(FailureCode.DRAINING, "the ingest node is leaving");
      decoder.stop();
    }
  }
}
