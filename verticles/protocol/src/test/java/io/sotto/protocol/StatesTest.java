package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** The laws of the two state machines. */
class StatesTest {

  @Test
  void onlyTheThreeEndsOfAJobAreTerminal() {
    for (JobState state : JobState.values()) {
      boolean end = Set.of(JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED).contains(state);
      assertEquals(end, state.terminal(), state.name());
    }
  }

  @Test
  void everyStateThatIsNotAnEndMayBeCancelled() {
    for (JobState state : JobState.values()) {
      assertEquals(!state.terminal(), state.next().contains(JobState.CANCELLED), state.name());
    }
    for (ChunkState state : ChunkState.values()) {
      assertEquals(!state.terminal(), state.next().contains(ChunkState.CANCELLED), state.name());
    }
  }

  @Test
  void namesSurviveTheWire() {
    for (JobState state : JobState.values()) {
      assertEquals(state, JobState.fromWire(state.wire()));
    }
    for (ChunkState state : ChunkState.values()) {
      assertEquals(state, ChunkState.fromWire(state.wire()));
    }
  }

  @Test
  void failureCodesHaveDistinctNumbers() {
    for (FailureCode code : FailureCode.values()) {
      assertEquals(code, FailureCode.fromWire(code.wire()).orElseThrow());
      assertEquals(code, FailureCode.fromCode(code.code()));
    }
  }

  @Test
  void whatAClientDidWrongIsNeverRetried() {
    for (FailureCode code : FailureCode.values()) {
      assertTrue(code.httpStatus() >= 500 || !code.retryable(), code.name());
    }
  }
}
