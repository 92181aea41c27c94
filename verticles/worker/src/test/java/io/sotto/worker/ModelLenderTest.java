package io.sotto.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.engine.EngineException;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Loading, unloading and replacing, each background step when the test says so. */
class ModelLenderTest {
  private final FakeSource source =
      new FakeSource().with("first", "f1", 10).with("b", "b1", 60).with("c", "c1", 60);
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final Deque<Runnable> background = new ArrayDeque<>();
  private WorkerModels models;
  private ModelLender lender;

  @BeforeEach
  void open() {
    models =
        WorkerModels.open(
            source, List.of("first", "b", "c"), 100, Duration.ofMinutes(10), clock::get);
    lender =
        new ModelLender(
            models,
            new Background(background::add, Runnable::run),
            Duration.ofSeconds(5),
            new WorkerMeters(new SimpleMeterRegistry(), "cpu"));
    source.calls.clear();
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  /** Lets the background do everything there is to do. */
  private void settle() {
    while (!background.isEmpty()) {
      background.poll().run();
    }
  }

  private Loan lendLoaded(String name) {
    Loan loan = lender.lend(name);
    settle();
    assertTrue(loan.transcriber().succeeded(), name);
    return loan;
  }

  private static String digest(Loan loan) {
    return loan.transcriber().result().modelDigest();
  }

  private static void assertFault(Loan loan, String... parts) {
    SottoException e = assertInstanceOf(SottoException.class, loan.transcriber().cause());
    assertEquals(FailureCode.MODEL_FAULT, e.code());
    for (String part : parts) {
      assertTrue(e.reason().contains(part), e::reason);
    }
  }

  /** Two looks: what is copied is no other model until it is there as a whole. */
  private void lookTwice() {
    lender.tick();
    settle();
    lender.tick();
    settle();
  }

  @Test
  void theFirstIsThereAtOnceTheOthersWhenTheyAreWanted() {
    assertEquals(List.of("first", "b", "c"), lender.offered());
    assertEquals("f1", digest(lender.lend("first")));
    assertEquals(List.of(), source.calls);
    Loan loan = lender.lend("b");
    assertFalse(loan.transcriber().isComplete());
    settle();
    assertEquals("b1", digest(loan));
  }

  @Test
  void aModelIsLoadedOnceHoweverManyChunksWaitForIt() {
    List<Loan> loans = List.of(lender.lend("b"), lender.lend("b"), lender.lend("b"));
    settle();
    loans.forEach(loan -> assertEquals("b1", digest(loan)));
    lendLoaded("b");
    assertEquals(List.of("load b"), source.calls);
  }

  @Test
  void whatIsLoadedGoesOnServingWhileAnotherIsLoaded() {
    lender.lend("b");
    assertTrue(lender.lend("first").transcriber().succeeded());
  }

  @Test
  void aChunkThatEndedIsWaitedForNoLonger() {
    lender.lend("b").end();
    Loan stays = lender.lend("c");
    settle();
    assertEquals("c1", digest(stays));
    assertEquals(List.of("load c"), source.calls);
  }

  @Test
  void aLoadThatFailsFailsThoseThatWaitAndTheModelRests() {
    source.failures.put(
        "load b", new EngineException(EngineException.Kind.BAD_MODEL, "weights are damaged"));
    List<Loan> loans = List.of(lender.lend("b"), lender.lend("b"));
    settle();
    loans.forEach(loan -> assertFault(loan, "model b cannot be loaded", "weights are damaged"));
    assertEquals(List.of("first", "c"), lender.offered());
    pass(Duration.ofSeconds(5));
    source.failures.clear();
    assertTrue(lender.offers("b"));
    lendLoaded("b");
  }

  @Test
  void memoryThatEndsIsAFaultOfTheModelToo() {
    source.failures.put("load b", new OutOfMemoryError("direct buffer memory"));
    Loan loan = lender.lend("b");
    settle();
    assertFault(loan, "direct buffer memory");
    lendLoaded("c");
  }

  @Test
  void anUnusedModelGoesAfterItsTimeTheFirstStays() {
    Loan loan = lendLoaded("b");
    FakeTranscriber b = source.last();
    pass(Duration.ofHours(1));
    lender.tick();
    settle();
    assertFalse(b.closed(), "a chunk uses it");
    loan.end();
    loan.end();
    pass(Duration.ofMinutes(10).minusNanos(1));
    lender.tick();
    settle();
    assertFalse(b.closed());
    pass(Duration.ofNanos(1));
    lender.tick();
    settle();
    assertTrue(b.closed());
    assertEquals(List.of("first"), models.shelf().loaded());
    assertEquals(List.of("first", "b", "c"), lender.offered(), "it is offered all the same");
    assertEquals("b1", digest(lendLoaded("b")));
  }

  @Test
  void anIdleOneMakesRoomBeforeAnotherIsLoaded() {
    lendLoaded("b").end();
    FakeTranscriber b = source.last();
    source.failures.put("load c", new AssertionError("b was not freed before"));
    Loan loan = lender.lend("c");
    background.poll().run(); // the look at c
    assertFalse(b.closed());
    background.poll().run();
    assertTrue(b.closed());
    source.failures.clear();
    settle();
    assertEquals("c1", digest(loan));
    assertEquals(List.of("first", "c"), models.shelf().loaded());
  }

  @Test
  void oneInUseIsWaitedForAndGetsNoNewChunksMeanwhile() {
    Loan runs = lendLoaded("b");
    FakeTranscriber b = source.last();
    Loan waits = lender.lend("c");
    settle();
    assertFalse(waits.transcriber().isComplete());
    Loan behind = lender.lend("b");
    settle();
    assertFalse(behind.transcriber().isComplete(), "else b would never fall idle");
    assertTrue(lender.lend("first").transcriber().succeeded(), "the first never makes room");
    runs.end();
    settle();
    assertTrue(b.closed());
    assertEquals("c1", digest(waits));
    waits.end();
    settle();
    assertEquals("b1", digest(behind), "and is loaded again in its turn");
  }

  @Test
  void whoWaitsForRoomAndGivesUpLeavesTheOthersAlone() {
    lendLoaded("b");
    Loan waits = lender.lend("c");
    settle();
    Loan behind = lender.lend("b");
    waits.end();
    assertTrue(behind.transcriber().succeeded());
    settle();
    assertEquals(List.of("load b"), source.calls);
  }

  @Test
  void whatNeverFitsIsToldAtTheStartOrByTheChunk() {
    source.with("b", "b2", 91);
    EngineException e =
        assertThrows(
            EngineException.class,
            () -> WorkerModels.open(source, List.of("first", "b"), 100, Duration.ZERO));
    assertTrue(e.getMessage().contains("worker.models-memory"), e::getMessage);
    assertTrue(source.last().closed(), "the first, which was loaded before");
    Loan loan = lender.lend("b");
    settle();
    assertFault(loan, "worker.models-memory", "worker.rows");
  }

  @Test
  void aModelThatIsNotThereKeepsTheWorkerFromStarting() {
    source.without("b");
    assertThrows(
        EngineException.class,
        () -> WorkerModels.open(source, List.of("first", "b"), 100, Duration.ZERO));
    assertTrue(source.last().closed());
  }

  @Test
  void aNewBundleIsTriedAndLoadedBeforeTheOldIsFreed() {
    Loan runs = lender.lend("first");
    FakeTranscriber old = source.last();
    source.with("first", "f2", 20);
    lender.tick();
    settle();
    assertEquals(List.of(), source.calls, "it may still be being copied");
    lender.tick();
    settle();
    assertEquals(List.of("trial first", "load first"), source.calls);
    assertEquals("f2", digest(lender.lend("first")));
    assertFalse(old.closed(), "a chunk still runs in it");
    runs.end();
    settle();
    assertTrue(old.closed());
    lookTwice();
    assertEquals(2, source.calls.size(), "once");
  }

  @Test
  void aNewBundleThatFailsItsTrialLeavesTheOldServing() {
    FakeTranscriber old = source.last();
    source.failures.put(
        "trial first", new EngineException(EngineException.Kind.BAD_MODEL, "does not decode"));
    source.with("first", "f2", 20);
    lookTwice();
    assertEquals("f1", digest(lender.lend("first")));
    assertFalse(old.closed());
    lookTwice();
    assertEquals(List.of("trial first"), source.calls, "the same is not tried again");
    source.failures.clear();
    source.with("first", "f3", 20);
    lookTwice();
    assertEquals("f3", digest(lender.lend("first")));
  }

  @Test
  void aBundleThatIsTakenAwayGoesOnServing() {
    source.without("first");
    lookTwice();
    assertEquals("f1", digest(lender.lend("first")));
    assertEquals(List.of(), source.calls);
  }

  @Test
  void aReplacementWithoutRoomMakesItFromIdleOnesOrWaits() {
    Loan runs = lendLoaded("b");
    FakeTranscriber b = source.last();
    source.with("first", "f2", 40);
    source.calls.clear();
    lookTwice();
    assertEquals(List.of(), source.calls, "b is in use");
    assertEquals("f1", digest(lender.lend("first")));
    runs.end();
    settle();
    assertTrue(b.closed());
    assertEquals("f2", digest(lender.lend("first")));
  }

  @Test
  void aWantedModelComesBeforeAReplacement() {
    source.with("first", "f2", 10);
    lender.tick();
    settle();
    lender.tick();
    lender.lend("c");
    settle();
    assertEquals(List.of("load c", "trial first", "load first"), source.calls);
  }

  @Test
  void closingFreesAllAndWhatIsBeingLoadedToo() {
    FakeTranscriber first = source.last();
    Loan waits = lender.lend("b");
    background.poll().run(); // the look; the load is next
    Runnable load = background.poll();
    lender.close();
    settle();
    assertTrue(first.closed());
    load.run();
    settle();
    assertSame("b", source.last().model());
    assertTrue(source.last().closed());
    assertFalse(waits.transcriber().succeeded());
    assertEquals(List.of(), models.takeAll());
  }
}
