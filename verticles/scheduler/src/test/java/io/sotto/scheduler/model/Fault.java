package io.sotto.scheduler.model;

/** What the model does to its cluster. Each kind must have happened in a run that counts. */
enum Fault {
  /** A message is lost. */
  DROP,
  /** A message arrives twice. */
  DUPLICATE,
  /** A message arrives seconds later. */
  DELAY,
  /** A process dies with all it knew, and another incarnation starts in its place. */
  CRASH,
  /** A process stands still and wakes up believing what it believed. */
  FREEZE,
  /** A process hears nobody and is heard by nobody, but reaches the store. */
  CUT,
  /** A process leaves in good order: hands back, tells, goes. */
  DRAIN,
  /** The store does not answer anybody for some seconds. */
  OUTAGE,
  /** One call to the store fails, nothing done. */
  CALL_FAILS,
  /** One call to the store takes seconds. */
  SLOW_CALL,
  /** One call to the store is carried out, and the answer is lost. */
  ANSWER_LOST,
  /** A client takes its job back. */
  CANCEL,
  /** A chunk kills the process that works on it. */
  POISON,
  /** A worker reports that it failed. */
  CHUNK_FAILS,
  /** A worker never ends a chunk. */
  HANG;

  /** Whether it can cost somebody's work, so that healthy work may be charged for it. */
  boolean harms() {
    return switch (this) {
      case DUPLICATE, CANCEL, POISON, CHUNK_FAILS, DRAIN -> false;
      case DROP, DELAY, CRASH, FREEZE, CUT, OUTAGE, CALL_FAILS, SLOW_CALL, ANSWER_LOST, HANG ->
          true;
    };
  }
}
