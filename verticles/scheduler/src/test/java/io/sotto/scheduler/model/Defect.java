package io.sotto.scheduler.model;

import io.sotto.protocol.ChunkState;
import io.sotto.testkit.StoreGuards;

/** A protocol with one thing missing. The model is worth something only if it catches each. */
enum Defect {
  NONE,
  /** A result is stored whatever its attempt. */
  COMMIT_WITHOUT_ATTEMPT(
      new StoreGuards() {
        @Override
        public boolean finishes(ChunkState state, int attempt, int reported) {
          return super.finishes(state, attempt, attempt);
        }
      }),
  /**
   * A result is stored by the chunk's id and state alone, and the row's attempt is written to it.
   */
  COMMIT_BY_ID(
      new StoreGuards() {
        @Override
        public boolean finishes(ChunkState state, int attempt, int reported) {
          return state == ChunkState.LEASED;
        }

        @Override
        public int resultAttempt(int attempt, int reported) {
          return attempt;
        }
      }),
  /** A claim does not move the token. */
  CLAIM_KEEPS_ATTEMPT(
      new StoreGuards() {
        @Override
        public int claimed(int attempt) {
          return Math.max(1, attempt);
        }
      }),
  /** A chunk that is given back gets its old token again. */
  ATTEMPT_LOWERED(
      new StoreGuards() {
        @Override
        public int handedBack(int attempt) {
          return attempt - 1;
        }
      }),
  /** The sweep moves what it found, though it was claimed anew since. */
  SWEEP_WITHOUT_ATTEMPT(
      new StoreGuards() {
        @Override
        public boolean stillLost(ChunkState state, int attempt, int seen) {
          return state == ChunkState.LEASED;
        }
      }),
  /** The sweep moves what it found, though it was done since. */
  SWEEP_WITHOUT_STATE(
      new StoreGuards() {
        @Override
        public boolean stillLost(ChunkState state, int attempt, int seen) {
          return attempt == seen;
        }
      }),
  /** A failure that comes late opens a chunk that is done. */
  LATE_FAIL_REOPENS(
      new StoreGuards() {
        @Override
        public boolean fails(ChunkState state, int attempt, int reported) {
          return attempt == reported;
        }
      }),
  /** Done chunks are counted without the lock that shows that this one was counted. */
  DONE_COUNTED_TWICE(
      new StoreGuards() {
        @Override
        public boolean countsAgain() {
          return true;
        }
      }),
  /**
   * A worker that goes down with its scheduler is not charged: what kills both does so for ever.
   */
  DEATH_UNCHARGED(
      new StoreGuards() {
        @Override
        public boolean died(boolean late, boolean itself, boolean gone) {
          return late;
        }
      }),
  /** Nor is one that goes down with the scheduler of another node: two poisoned chunks go round. */
  JOINT_DEATH_UNCHARGED(
      new StoreGuards() {
        @Override
        public boolean died(boolean late, boolean itself, boolean gone) {
          return late || itself;
        }
      }),
  /** A preparation that was claimed and never sent is charged to whoever was not asked. */
  UNASKED_CHARGED(
      new StoreGuards() {
        @Override
        public boolean asked(boolean assigned) {
          return true;
        }
      }),
  /** No budget is ever used up. */
  NO_BUDGET(
      new StoreGuards() {
        @Override
        public boolean charges() {
          return false;
        }
      }),
  /** A chunk that two nodes died over goes out in turn, beside others, as it did before. */
  SUSPECTS_AMONG_OTHERS(
      new StoreGuards() {
        @Override
        public boolean amongOthers(boolean suspect) {
          return true;
        }
      }),
  /** It goes out by itself, and neither the store nor the worker keeps others from joining it. */
  COMPANY_FOR_SUSPECTS(
      new StoreGuards() {
        @Override
        public boolean othersFor(boolean hasSuspect) {
          return true;
        }

        @Override
        public boolean suspectFor(boolean hasAny) {
          return true;
        }
      }),
  /** Chunks of a cancelled job stay as they were. */
  CANCEL_LEAVES_CHUNKS(
      new StoreGuards() {
        @Override
        public boolean cancelsChunks() {
          return false;
        }
      }),
  /** A scheduler goes on dispatching when its lease is no longer to be trusted. */
  NO_TRUST_WINDOW,
  /** And the store lets it claim, too. */
  NO_TRUST_WINDOW_NO_GUARD(
      new StoreGuards() {
        @Override
        public boolean claims(boolean lives) {
          return true;
        }
      }),
  /** A worker tells its result once and forgets it, and nobody gives lost work back. */
  FORGETFUL_WORKER,
  /** A report is acknowledged before it is in the store. */
  ACK_BEFORE_COMMIT;

  private final StoreGuards guards;

  Defect() {
    this(new StoreGuards());
  }

  Defect(StoreGuards guards) {
    this.guards = guards;
  }

  StoreGuards guards() {
    return guards;
  }

  boolean likesCompany() {
    return this == COMPANY_FOR_SUSPECTS;
  }

  boolean distrustsNothing() {
    return this == NO_TRUST_WINDOW || this == NO_TRUST_WINDOW_NO_GUARD;
  }
}
