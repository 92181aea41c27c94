/**
 * The model check: the protocol of scheduler, worker and ingest as plain state machines over a
 * clock that the model moves, one thread, every choice drawn from a seed. Thousands of short lives
 * of a cluster in a minute, each with other faults: messages lost, doubled, late and out of order,
 * processes killed, frozen, cut off and drained, a store that is away or whose answer is lost.
 *
 * <p>What is real: the rules of the store ({@code FakeJobStore}, which keeps the same contract as
 * the PostgreSQL one), the scheduler's {@code Roster} and {@code Dispatcher}, the messages. What is
 * written for the model after the real classes: {@link io.sotto.scheduler.model.SchedulerRole},
 * {@link io.sotto.scheduler.model.WorkerRole}, {@link io.sotto.scheduler.model.IngestRole}.
 *
 * <p>After every step {@link io.sotto.scheduler.model.Invariants} must hold. Then the faults end,
 * and every job must end too, with exactly its text. {@link io.sotto.scheduler.model.Defect} lists
 * broken protocols, each of which must be caught. {@code -Dsotto.model.seed=N} replays one seed
 * with its trace, {@code -Dsotto.model.seeds=N} says how many are run.
 */
@NullMarked
package io.sotto.scheduler.model;

import org.jspecify.annotations.NullMarked;
