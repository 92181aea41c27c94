package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model is loaded as a whole or leaves nothing behind. */
class SessionsTest {
  private final List<OrtSession> loaded = new ArrayList<>();

  private OrtSession load(String graph, int failing) {
    if (loaded.size() == failing) {
      throw new OutOfMemoryError("no room for " + graph);
    }
    try {
      // the detector's graph: small, and a session is a session
      String file = Samples.SILERO.resolve("silero_vad_16k.onnx").toString();
      loaded.add(OrtEnvironment.getEnvironment().createSession(file));
      return loaded.getLast();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void oneThatFailsClosesThoseBeforeIt(int failing) {
    OutOfMemoryError e =
        assertThrows(
            OutOfMemoryError.class,
            () -> new Sessions(new LaneOptions(2, 2, 1, 0), (graph, n) -> load(graph, failing)));
    assertEquals(0, e.getSuppressed().length);
    assertEquals(failing, loaded.size());
    loaded.forEach(session -> assertThrows(IllegalStateException.class, session::getInputInfo));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void closingClosesAllThatWereLoaded(int lanes) {
    Sessions sessions =
        new Sessions(new LaneOptions(lanes, 2, 1, 0), (graph, n) -> load(graph, -1));
    assertEquals(lanes + 1, loaded.size(), "a solo encoder only beside lanes that share the cores");
    assertSame(loaded.getLast(), lanes == 1 ? sessions.decoder() : sessions.encoder());
    loaded.forEach(session -> assertDoesNotThrow(session::getInputInfo));
    sessions.close();
    loaded.forEach(session -> assertThrows(IllegalStateException.class, session::getInputInfo));
  }
}
