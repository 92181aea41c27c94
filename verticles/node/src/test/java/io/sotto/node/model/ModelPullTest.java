package io.sotto.node.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.Manifest;
import io.sotto.engine.bundle.Precision;
import io.sotto.testkit.TinyCheckpoint;
import io.sotto.testkit.TinyCheckpoint.Type;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelPullTest {
  private static final Path WHISPER =
      Path.of(System.getProperty("sotto.home", "../..")).resolve("models/whisper-base");
  private static final HubName TINY = HubName.parse("acme/whisper-tiny");
  private static final String WEIGHTS = "model.safetensors";
  private static final Duration MOMENT = Duration.ofMillis(1);
  @TempDir private Path folder;
  private FakeHub hub;
  private ModelStore store;
  private final AtomicLong furthest = new AtomicLong();

  @BeforeEach
  void open() throws Exception {
    hub = new FakeHub(new TinyCheckpoint().write(folder.resolve("hub"), WHISPER, Type.F16, 1));
    store = new ModelStore(folder.resolve("models"));
  }

  @AfterEach
  void close() {
    hub.close();
  }

  private void pull(HubName model, String token, Duration stall) throws Exception {
    ModelPull.Listener listener =
        new ModelPull.Listener() {
          @Override
          public void downloading(String file, long done, long all) {
            assertTrue(done <= all, file);
            furthest.accumulateAndGet(done, Math::max);
          }

          @Override
          public void building(String step) {}
        };
    new ModelPull(hub.address(), token, folder.resolve("cache"), stall, MOMENT)
        .pull(model, store, "tiny", Precision.INT8, listener);
  }

  private void pull() throws Exception {
    pull(TINY, "", Duration.ofSeconds(20));
  }

  private List<String> asked(String start) {
    return hub.seen.stream().filter(line -> line.startsWith(start)).toList();
  }

  private void assertBuilt() throws Exception {
    Manifest manifest = Manifest.verified(folder.resolve("models/tiny"));
    assertEquals("acme/whisper-tiny@" + FakeHub.COMMIT, manifest.source());
    assertEquals("apache-2.0", manifest.licence());
    assertEquals(1, store.list().size());
  }

  private void assertNothing() throws Exception {
    assertEquals(List.of(), store.list());
  }

  @Test
  void aModelIsBroughtBuiltAndListed() throws Exception {
    pull();
    assertBuilt();
    assertTrue(furthest.get() > 6_000_000, "progress " + furthest);
  }

  @Test
  void whatWasCutOffGoesOnWhereItEnded() throws Exception {
    hub.cuts.put(WEIGHTS, 1_000_000);
    pull();
    assertBuilt();
    List<String> asked = asked("files " + WEIGHTS);
    assertEquals(2, asked.size(), asked::toString);
    assertTrue(asked.getLast().matches(".*bytes=[1-9]\\d*-.*"), asked::toString);
  }

  @Test
  void aHubWithoutRangesSendsItAgain() throws Exception {
    hub.ranges = false;
    hub.cuts.put(WEIGHTS, 1_000_000);
    pull();
    assertBuilt();
  }

  @Test
  void aDamagedFileIsFetchedAgainFromItsBegin() throws Exception {
    hub.damages.put(WEIGHTS, true);
    hub.damages.put("config.json", true);
    pull();
    assertBuilt();
    assertEquals(2, asked("files " + WEIGHTS + " -").size());
    assertEquals(2, asked("files config.json -").size());
  }

  @Test
  void aSilentConnectionIsGivenUpAndWhatCameIsKept() throws Exception {
    hub.hangs = WEIGHTS::equals;
    HubException e = assertThrows(HubException.class, () -> pull(TINY, "", Duration.ofMillis(250)));
    assertTrue(e.getMessage().contains("failed 5 times"), e::getMessage);
    assertNothing();
    hub.hangs = file -> false;
    hub.seen.clear();
    pull();
    assertBuilt();
    assertEquals(List.of(), asked("files config.json"), "what was there is not fetched again");
  }

  @Test
  void theTokenStaysWithTheHub() throws Exception {
    pull(TINY, "secret", Duration.ofSeconds(20));
    assertTrue(asked("hub").stream().allMatch(line -> line.endsWith("Bearer secret")));
    assertTrue(asked("files").stream().allMatch(line -> line.endsWith(" -")));
  }

  @Test
  void refusalsSayWhatToDo() throws Exception {
    HubName unknown = HubName.parse("acme/none@v2");
    assertTrue(
        assertThrows(HubException.class, () -> pull(unknown, "", Duration.ofSeconds(20)))
            .getMessage()
            .contains("acme/none@v2: the hub does not have it"));
    hub.refusals.add(403);
    assertTrue(assertThrows(HubException.class, this::pull).getMessage().contains("set HF_TOKEN"));
    hub.refusals.addAll(List.of(503, 503, 503, 429, 503));
    assertTrue(assertThrows(HubException.class, this::pull).getMessage().contains("answered 503"));
    assertNothing();
    hub.refusals.addAll(List.of(503, 429));
    pull();
    assertBuilt();
  }

  @Test
  void anExportForOtherProgramsIsNotEvenFetched() throws Exception {
    Files.move(folder.resolve("hub/" + WEIGHTS), folder.resolve("hub/encoder_model.onnx"));
    HubException e = assertThrows(HubException.class, this::pull);
    assertTrue(e.getMessage().contains("ONNX export"), e::getMessage);
    assertEquals(List.of(), asked("files"));
  }

  @Test
  void namesThatAreNoneAreRefused() {
    for (String name : List.of("tiny", "a/b/c", "../b", "a/..", "a/b@../c", "a b/c", "a/b@")) {
      assertThrows(HubException.class, () -> HubName.parse(name), name);
    }
    assertEquals("a/b@refs/pr/1", HubName.parse("a/b@refs/pr/1").toString());
    assertThrows(HubException.class, () -> new ModelPull(URI.create("file:///x"), "", folder));
  }

  @Test
  void aRemovedModelIsGone() throws Exception {
    pull();
    store.remove("tiny");
    assertFalse(Files.exists(folder.resolve("models/tiny")));
    assertNothing();
    assertThrows(io.sotto.engine.EngineException.class, () -> store.remove("tiny"));
    assertThrows(io.sotto.engine.EngineException.class, () -> store.remove("../hub"));
  }
}
