package io.sotto.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.EngineException;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.ModelFacts;
import io.sotto.protocol.Segment;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a worker answers, reports and offers, whatever becomes of a chunk. */
class WorkerVerticleTest {

  @Test
  void aChunkComesBackAsTextWithTimesOfTheRecording() throws Exception {
    try (var house = new WorkerHouse(FakeTranscriber.quick(1)).withScheduler().deploy()) {
      house.send(7, 3).await();
      var done = house.report(ChunkTranscribed.class);
      assertEquals(7, done.chunk().seq());
      assertEquals(3, done.attempt());
      assertEquals(house.worker, done.node());
      assertEquals("en", done.transcript().language());
      assertEquals("digest-of-fake", done.transcript().modelDigest());
      Segment segment = done.transcript().segments().getFirst();
      assertEquals(FakeTranscriber.text(WorkerHouse.SAMPLES), segment.text());
      assertEquals(7.0, segment.start());
      assertEquals(8.0, segment.end());
      assertEquals(4.0, done.transcript().times().decodeMs());
      WorkerOffer offer = house.offer(one -> one.speed() > 0);
      assertEquals(1, offer.freeSlots());
      ModelFacts facts = offer.facts().getFirst();
      assertEquals(FakeTranscriber.MODEL, facts.name());
      assertEquals(99, facts.languages());
      assertEquals(5, facts.beamMax());
      assertEquals(offer.speed(), facts.speed(), "the only one that it has had");
    }
  }

  @Test
  void linesAndReportsNameTheRequestBehindAChunk() throws Exception {
    Trail trail = new Trail("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    try (var house = new WorkerHouse(FakeTranscriber.quick(1)).withScheduler().deploy();
        var lines = LogLines.of(Workbench.class)) {
      TranscribeChunk command = house.command(7, 3, 60_000);
      house.send(command, trail).await();
      house.report(ChunkTranscribed.class);
      assertEquals(trail, house.trails.poll());
      String subject =
          "job="
              + command.chunk().job()
              + " chunk=7 node="
              + house.worker
              + " attempt=3 request=r-1 trace=4bf92f3577b34da6a3ce929d0e0e4736";
      assertTrue(lines.all().contains("chunk begun " + subject), lines.all()::toString);
      assertTrue(
          lines.all().stream().anyMatch(line -> line.startsWith("chunk transcribed " + subject)));
    }
  }

  @Test
  void aFullWorkerRefusesAtOnceAndOffersAgainWhenASlotReturns() throws Exception {
    var engine = FakeTranscriber.patient(1);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.offer(offer -> offer.freeSlots() == 1);
      house.send(0, 1).await();
      house.offer(offer -> offer.freeSlots() == 0);
      assertRefused(FailureCode.WORKER_FULL, house.send(1, 1));
      engine.next().finish();
      house.report(ChunkTranscribed.class);
      house.offer(offer -> offer.freeSlots() == 1);
      house.send(1, 1).await();
    }
  }

  @Test
  void aModelItDoesNotHaveIsRefused() {
    try (var house = new WorkerHouse(FakeTranscriber.quick(1)).withScheduler().deploy()) {
      TranscribeChunk known = house.command(0, 1, 1000);
      var other = new TranscriptionOptions("other", null, Task.TRANSCRIBE, null);
      assertRefused(
          FailureCode.UNKNOWN_MODEL,
          house.send(
              new TranscribeChunk(
                  known.chunk(), 1, known.scheduler(), known.span(), "", "", other, 1000)));
    }
  }

  @Test
  void theSameAttemptTwiceRunsOnceAndAnOlderOneIsRefused() throws Exception {
    var engine = FakeTranscriber.patient(2);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 2).await();
      house.send(0, 2).await();
      assertRefused(FailureCode.LEASE_LOST, house.send(0, 1));
      engine.next().finish();
      assertEquals(2, house.report(ChunkTranscribed.class).attempt());
      assertEquals(0, engine.waiting());
    }
  }

  @Test
  void aNewerAttemptReplacesTheOlderWithoutAReport() throws Exception {
    var engine = FakeTranscriber.patient(1);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 1).await();
      var older = engine.next();
      house.send(0, 2).await();
      assertTrue(older.answer().isCancelled());
      engine.next().finish();
      assertEquals(2, house.report(ChunkTranscribed.class).attempt());
      assertTrue(house.reports.isEmpty());
    }
  }

  @Test
  void aReportIsRetriedUntilTheStoreIsBack() throws Exception {
    var tries = new AtomicInteger();
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(1))
            .withScheduler(
                report ->
                    tries.incrementAndGet() <= 3
                        ? WorkerHouse.failed(FailureCode.STORE_DOWN)
                        : Future.succeededFuture(new Ack()))
            .deploy()) {
      house.send(0, 1).await();
      house.report(ChunkTranscribed.class);
      assertEquals(4, tries.get());
    }
  }

  @Test
  void aResultWhoseSchedulerIsGoneGoesToAnyOther() throws Exception {
    try (var house = new WorkerHouse(FakeTranscriber.quick(1)).deploy()) {
      house
          .bus
          .serve(
              Addresses.ANY_SCHEDULER,
              report -> {
                house.reports.add(report);
                return Future.succeededFuture(new Ack());
              })
          .await();
      house.send(0, 1).await();
      assertEquals(1, house.report(ChunkTranscribed.class).attempt());
    }
  }

  @Test
  void aRefusedReportIsDroppedForGood() throws Exception {
    var tries = new AtomicInteger();
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(1))
            .withScheduler(
                report -> {
                  tries.incrementAndGet();
                  return WorkerHouse.failed(FailureCode.LEASE_LOST);
                })
            .deploy()) {
      house.send(0, 1).await();
      house.verticle.drain(Duration.ofSeconds(20)).await();
      assertEquals(1, tries.get());
    }
  }

  @Test
  void tooManyUnheardResultsStopItFromTakingMore() throws Exception {
    var back = new CountDownLatch(1);
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(1))
            .withScheduler(
                report ->
                    back.getCount() > 0
                        ? WorkerHouse.failed(FailureCode.STORE_DOWN)
                        : Future.succeededFuture(new Ack()))
            .deploy()) {
      for (int seq = 0; seq < WorkerHouse.options().reportsMax(); seq++) {
        house.offer(offer -> offer.freeSlots() == 1);
        house.send(seq, 1).await();
        house.offer(offer -> offer.freeSlots() == 0);
      }
      assertRefused(FailureCode.WORKER_FULL, house.send(99, 1));
      back.countDown();
      house.offer(offer -> offer.freeSlots() == 1);
    }
  }

  @Test
  void cancellingFreesTheEngineAndReportsNothing() throws Exception {
    var engine = FakeTranscriber.patient(2);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 1).await();
      var asked = engine.next();
      house.send(new CancelJob(JobId.create(2))).await();
      assertFalse(asked.answer().isCancelled());
      house.send(new CancelJob(WorkerHouse.JOB)).await();
      assertTrue(asked.answer().isCancelled());
      house.verticle.drain(Duration.ofSeconds(20)).await();
      assertTrue(house.reports.isEmpty());
    }
  }

  @Test
  void aChunkPastItsLimitIsStoppedAndCharged() throws Exception {
    var engine = FakeTranscriber.patient(1);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(house.command(0, 1, 200)).await();
      var asked = engine.next();
      var failed = house.report(ChunkFailed.class);
      assertEquals(FailureCode.TIMEOUT, failed.code());
      assertTrue(failed.charged());
      assertTrue(failed.reason().contains("still in the engine"), failed.reason());
      assertTrue(asked.answer().isCancelled());
      house.send(1, 1).await();
    }
  }

  @Test
  void faultsOfTheEngineAreNamedAndCharged() throws Exception {
    var engine = FakeTranscriber.patient(1);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      var codes =
          List.of(FailureCode.BAD_REQUEST, FailureCode.MODEL_FAULT, FailureCode.MODEL_FAULT);
      var kinds =
          List.of(
              EngineException.Kind.BAD_REQUEST,
              EngineException.Kind.BAD_MODEL,
              EngineException.Kind.FAULT);
      for (int i = 0; i < kinds.size(); i++) {
        house.send(i, 1).await();
        engine.next().answer().completeExceptionally(new EngineException(kinds.get(i), "broken"));
        var failed = house.report(ChunkFailed.class);
        assertEquals(codes.get(i), failed.code());
        assertTrue(failed.charged());
      }
    }
  }

  @Test
  void anEngineThatRefusesIsNotOfferedForAWhile() throws Exception {
    var engine = FakeTranscriber.patient(1);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 1).await();
      engine
          .next()
          .answer()
          .completeExceptionally(new EngineException(EngineException.Kind.CLOSED, "queue full"));
      var failed = house.report(ChunkFailed.class);
      assertEquals(FailureCode.WORKER_FULL, failed.code());
      assertFalse(failed.charged());
      assertEquals(List.of(), house.offer(offer -> offer.models().isEmpty()).models());
      house.offer(offer -> offer.models().equals(List.of(FakeTranscriber.MODEL)));
    }
  }

  @Test
  void aSecondModelIsOfferedFromTheStartAndLoadedByItsFirstChunk() throws Exception {
    var source = twoModels();
    try (var house = new WorkerHouse(source, List.of("a", "b")).withScheduler().deploy()) {
      assertEquals(List.of("a", "b"), house.offer(offer -> true).models());
      assertEquals(List.of("load a"), source.calls);
      house.send(house.command(0, 1, 60_000, "b")).await();
      var done = house.report(ChunkTranscribed.class);
      assertEquals("digest-b", done.transcript().modelDigest());
      assertEquals(List.of("load a", "load b"), source.calls);
    }
    assertTrue(source.loaded.stream().allMatch(FakeTranscriber::closed), "stopping frees both");
  }

  @Test
  void aModelThatCannotBeLoadedIsAFaultOfItsChunksAndRests() throws Exception {
    var source = twoModels();
    source.failures.put(
        "load b", new EngineException(EngineException.Kind.BAD_MODEL, "weights are damaged"));
    try (var house = new WorkerHouse(source, List.of("a", "b")).withScheduler().deploy()) {
      house.send(house.command(0, 1, 60_000, "b")).await();
      var failed = house.report(ChunkFailed.class);
      assertEquals(FailureCode.MODEL_FAULT, failed.code());
      assertTrue(failed.charged());
      assertTrue(failed.reason().contains("weights are damaged"), failed.reason());
      house.offer(offer -> offer.models().equals(List.of("a")));
      house.offer(offer -> offer.models().equals(List.of("a", "b")));
    }
  }

  @Test
  void aChunkWaitsForItsModelNoLongerThanItsLimit() throws Exception {
    var source = twoModels();
    var gate = new CountDownLatch(1);
    source.gates.put("load b", gate);
    try (var house = new WorkerHouse(source, List.of("a", "b")).withScheduler().deploy()) {
      house.send(house.command(0, 1, 200, "b")).await();
      var failed = house.report(ChunkFailed.class);
      assertEquals(FailureCode.TIMEOUT, failed.code());
      assertTrue(failed.reason().contains("still waiting for model b"), failed.reason());
      house.send(house.command(1, 1, 60_000, "b")).await();
      gate.countDown();
      assertEquals(1, house.report(ChunkTranscribed.class).chunk().seq());
      assertEquals(List.of("load a", "load b"), source.calls);
    }
  }

  @Test
  void aCancelledChunkStopsWaitingForItsModel() throws Exception {
    var source = twoModels();
    var gate = new CountDownLatch(1);
    source.gates.put("load b", gate);
    try (var house = new WorkerHouse(source, List.of("a", "b")).withScheduler().deploy()) {
      house.offer(offer -> offer.freeSlots() == 1);
      house.send(house.command(0, 1, 60_000, "b")).await();
      house.offer(offer -> offer.freeSlots() == 0);
      house.send(new CancelJob(WorkerHouse.JOB)).await();
      house.offer(offer -> offer.freeSlots() == 1);
      house.send(house.command(1, 1, 60_000, "a")).await();
      assertEquals("digest-a", house.report(ChunkTranscribed.class).transcript().modelDigest());
      gate.countDown();
    }
  }

  @Test
  void aChunkThatEndedKeepsItsModelNoLonger() throws Exception {
    var source = twoModels().with("b", "digest-b", 600).with("c", "digest-c", 600);
    try (var house = new WorkerHouse(source, List.of("a", "b", "c")).withScheduler().deploy()) {
      for (String model : List.of("b", "c", "b")) {
        house.send(house.command(0, 1, 20_000, model)).await();
        var done = house.report(ChunkTranscribed.class);
        assertEquals("digest-" + model, done.transcript().modelDigest());
      }
      assertEquals(List.of("load a", "load b", "load c", "load b"), source.calls);
      assertTrue(source.loaded.get(1).closed(), "each made room for the next");
    }
  }

  private static FakeSource twoModels() {
    return new FakeSource().with("a", "digest-a", 1).with("b", "digest-b", 1);
  }

  @Test
  void anAudioStoreThatIsAwayIsWaitedFor() throws Exception {
    var tries = new AtomicInteger();
    ChunkFetch fetch =
        (url, sha256) ->
            tries.incrementAndGet() <= 3
                ? WorkerHouse.failed(FailureCode.STORE_DOWN)
                : Future.succeededFuture(WorkerHouse.SOUND);
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(1), fetch, WorkerHouse.options())
            .withScheduler()
            .deploy()) {
      house.send(0, 1).await();
      house.report(ChunkTranscribed.class);
      assertEquals(4, tries.get());
    }
  }

  @Test
  void aChunkThatTheStoreNeverGaveIsLaidOnTheStore() throws Exception {
    ChunkFetch never = (url, sha256) -> Promise.<byte[]>promise().future();
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(1), never, WorkerHouse.options())
            .withScheduler()
            .deploy()) {
      house.send(house.command(0, 1, 200)).await();
      var failed = house.report(ChunkFailed.class);
      assertEquals(FailureCode.STORE_DOWN, failed.code());
      assertTrue(failed.reason().contains("still fetching"), failed.reason());
    }
  }

  @Test
  void aChunkThatIsMissingOrNoSoundIsReported() throws Exception {
    ChunkFetch fetch =
        (url, sha256) ->
            sha256.equals("00")
                ? WorkerHouse.failed(FailureCode.AUDIO_MISSING)
                : Future.succeededFuture(new byte[100]);
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(1), fetch, WorkerHouse.options())
            .withScheduler()
            .deploy()) {
      house.send(0, 1).await();
      assertEquals(FailureCode.AUDIO_MISSING, house.report(ChunkFailed.class).code());
      TranscribeChunk noSound = house.command(1, 1, 1000);
      house
          .send(
              new TranscribeChunk(
                  noSound.chunk(),
                  1,
                  house.scheduler,
                  noSound.span(),
                  "",
                  "11",
                  noSound.options(),
                  1000))
          .await();
      assertEquals(FailureCode.AUDIO_CORRUPT, house.report(ChunkFailed.class).code());
    }
  }

  @Test
  void drainingFinishesWhatItCanAndTakesNothingMore() throws Exception {
    var engine = FakeTranscriber.patient(2);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 1).await();
      var asked = engine.next();
      Future<Void> drained = house.verticle.drain(Duration.ofSeconds(60));
      house.offer(offer -> offer.freeSlots() == 0);
      assertRefused(FailureCode.DRAINING, house.send(1, 1));
      asked.finish();
      drained.await();
      assertEquals(0, house.report(ChunkTranscribed.class).chunk().seq());
      assertRefused(FailureCode.NO_NODE, house.send(2, 1));
    }
  }

  @Test
  void drainingHandsBackUnchargedWhatDoesNotFinishInTime() throws Exception {
    var engine = FakeTranscriber.patient(2);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 1).await();
      house.verticle.drain(Duration.ofMillis(400)).await();
      var failed = house.report(ChunkFailed.class);
      assertEquals(FailureCode.DRAINING, failed.code());
      assertFalse(failed.charged());
      assertTrue(engine.next().answer().isCancelled());
    }
  }

  @Test
  void fetchingGoesOnWhileTheEngineComputes() throws Exception {
    var fetched = new CountDownLatch(2);
    ChunkFetch fetch =
        (url, sha256) -> {
          fetched.countDown();
          return Future.succeededFuture(WorkerHouse.SOUND);
        };
    var one = WorkerHouse.options();
    var options =
        new WorkerOptions(
            one.device(),
            1,
            one.offerEvery(),
            one.reportsMax(),
            one.reportPatience(),
            one.retryMin(),
            one.retryMax(),
            one.modelRest());
    var engine = FakeTranscriber.patient(1);
    try (var house = new WorkerHouse(engine, fetch, options).withScheduler().deploy()) {
      house.send(0, 1).await();
      var first = engine.next();
      house.send(1, 1).await();
      assertTrue(fetched.await(10, TimeUnit.SECONDS));
      assertFalse(first.answer().isDone());
      assertRefused(FailureCode.WORKER_FULL, house.send(2, 1));
    }
  }

  @Test
  void whatMustBeAloneHasNoCompany() throws Exception {
    var engine = FakeTranscriber.patient(4);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.offer(offer -> offer.freeSlots() == 4);
      TranscribeChunk suspect = house.command(0, 3, 60_000).byItself();
      house.send(suspect).await();
      house.offer(offer -> offer.freeSlots() == 0);
      assertRefused(FailureCode.WORKER_FULL, house.send(1, 1));
      assertRefused(FailureCode.WORKER_FULL, house.send(house.command(2, 3, 60_000).byItself()));
      house.send(suspect).await();
      engine.next().finish();
      assertEquals(0, house.report(ChunkTranscribed.class).chunk().seq());
      house.offer(offer -> offer.freeSlots() == 4);
      assertEquals(0, engine.waiting(), "nobody was let in beside it");
      house.send(1, 2).await();
    }
  }

  @Test
  void nothingMayBeInHandBesideWhatMustBeAlone() throws Exception {
    var engine = FakeTranscriber.patient(4);
    try (var house = new WorkerHouse(engine).withScheduler().deploy()) {
      house.send(0, 1).await();
      TranscribeChunk suspect = house.command(1, 3, 60_000).byItself();
      assertRefused(FailureCode.WORKER_FULL, house.send(suspect));
      house.send(2, 1).await();
      house.send(new CancelJob(WorkerHouse.JOB)).await();
      house.offer(offer -> offer.freeSlots() == 4);
      house.send(suspect).await();
    }
  }

  /** It would be lost with the process, and charged. */
  @Test
  void aResultThatNobodyHasYetIsInHandToo() throws Exception {
    var back = new CountDownLatch(1);
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(2))
            .withScheduler(
                report ->
                    back.getCount() > 0
                        ? WorkerHouse.failed(FailureCode.STORE_DOWN)
                        : Future.succeededFuture(new Ack()))
            .deploy()) {
      house.send(0, 1).await();
      house.offer(offer -> offer.speed() > 0);
      TranscribeChunk suspect = house.command(1, 3, 60_000).byItself();
      assertRefused(FailureCode.WORKER_FULL, house.send(suspect));
      back.countDown();
      house.report(ChunkTranscribed.class);
      house.verticle.drain(Duration.ofSeconds(20)).await();
    }
  }

  @Test
  void nobodyIsLetInBesideASuspectsResultThatIsNotToldYet() throws Exception {
    var back = new CountDownLatch(1);
    try (var house =
        new WorkerHouse(FakeTranscriber.quick(2))
            .withScheduler(
                report ->
                    back.getCount() > 0
                        ? WorkerHouse.failed(FailureCode.STORE_DOWN)
                        : Future.succeededFuture(new Ack()))
            .deploy()) {
      house.send(house.command(0, 3, 60_000).byItself()).await();
      assertEquals(0, house.offer(offer -> offer.speed() > 0).freeSlots());
      assertRefused(FailureCode.WORKER_FULL, house.send(1, 1));
      back.countDown();
      house.report(ChunkTranscribed.class);
      house.offer(offer -> offer.freeSlots() == 2);
    }
  }

  private static void assertRefused(FailureCode code, Future<Ack> answer) {
    assertEquals(code, assertThrows(SottoException.class, answer::await).code());
  }
}
