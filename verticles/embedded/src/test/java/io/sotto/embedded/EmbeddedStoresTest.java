package io.sotto.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoresTest {
  @TempDir private Path folder;

  @Test
  void theSecondUsesWhatTheFirstRuns() {
    try (EmbeddedStores first = EmbeddedStores.open(folder, Caches.folder());
        EmbeddedStores second = EmbeddedStores.open(folder, Caches.folder())) {
      assertTrue(first.ours());
      assertFalse(second.ours());
      assertEquals(first.postgres(), second.postgres());
      assertEquals(first.s3(), second.s3());
    }
    assertFalse(Files.exists(folder.resolve("endpoints.json")));
  }

  @Test
  void aCallLeavesNothingBehind() {
    Path cache = Caches.folder();
    Path data;
    try (ThrowAway call = ThrowAway.create(cache, "test")) {
      data = call.data();
      try (EmbeddedStores stores = EmbeddedStores.open(data, cache)) {
        assertTrue(stores.ours());
      }
    }
    assertFalse(Files.exists(data));
  }
}
