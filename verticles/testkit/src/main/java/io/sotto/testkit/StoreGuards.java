package io.sotto.testkit;

import io.sotto.protocol.ChunkState;

/**
 * The conditions that keep {@link FakeJobStore} right, one method each. As they stand here they are
 * those of the real store; the model check overrides one at a time, to show that it would notice if
 * that one were missing.
 */
public class StoreGuards {

  /**
   * Whether a result of attempt {@code reported} may end a chunk whose token is {@code attempt}.
   */
  public boolean finishes(ChunkState state, int attempt, int reported) {
    return attempt == reported && open(state);
  }

  /** Whether a failure of attempt {@code reported} may move a chunk. */
  public boolean fails(ChunkState state, int attempt, int reported) {
    return attempt == reported && open(state);
  }

  /** A lapsed lease that nobody claimed since is still its holder's. */
  private static boolean open(ChunkState state) {
    return state == ChunkState.LEASED || state == ChunkState.READY;
  }

  /** The attempt that is stored with a result. */
  public int resultAttempt(int attempt, int reported) {
    return reported;
  }

  /** The token after a claim. */
  public int claimed(int attempt) {
    return attempt + 1;
  }

  /** The token of a chunk that is given back. */
  public int handedBack(int attempt) {
    return attempt;
  }

  /** Whether a lease that was found in attempt {@code seen} is still there to be taken away. */
  public boolean stillLost(ChunkState state, int attempt, int seen) {
    return state == ChunkState.LEASED && attempt == seen;
  }

  /**
   * Whether overdue work is charged: past its deadline, on a node that was its own scheduler, or on
   * one whose lease has run out.
   */
  public boolean died(boolean late, boolean itself, boolean gone) {
    return late || itself || gone;
  }

  /** Whether an overdue preparation can be charged: only a node that was asked can have died. */
  public boolean asked(boolean assigned) {
    return assigned;
  }

  /** Whether a claim of several takes a chunk that is a {@code suspect}, or none. */
  public boolean amongOthers(boolean suspect) {
    return !suspect;
  }

  /** Whether a worker may be given others, that has a suspect or has none. */
  public boolean othersFor(boolean hasSuspect) {
    return !hasSuspect;
  }

  /** Whether a worker may be given a suspect, that has something or has nothing. */
  public boolean suspectFor(boolean hasAny) {
    return !hasAny;
  }

  /** Whether a scheduler may claim. */
  public boolean claims(boolean lives) {
    return lives;
  }

  /** Whether a result that comes again counts again. */
  public boolean countsAgain() {
    return false;
  }

  /** Whether a cancelled job takes its chunks along. */
  public boolean cancelsChunks() {
    return true;
  }

  /** Whether failures and deaths use up the budget. */
  public boolean charges() {
    return true;
  }
}
