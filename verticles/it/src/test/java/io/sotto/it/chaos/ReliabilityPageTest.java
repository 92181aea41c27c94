package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** The page keeps its words and its marks when figures are written into it. */
class ReliabilityPageTest {
  @Test
  void figuresAreReplacedAndTheRestStays() throws Exception {
    String page = Files.readString(ReliabilityPage.FILE);
    for (Study study : Studies.ALL) {
      String name = study.name();
      String once = ReliabilityPage.between(name, page, "first");
      assertEquals(
          ReliabilityPage.between(name, page, "second"),
          ReliabilityPage.between(name, once, "second"));
      assertTrue(once.contains("\nfirst\n") && once.startsWith("# Reliability, measured\n"), once);
    }
    assertThrows(
        IllegalStateException.class, () -> ReliabilityPage.between("random-7", "no marks", ""));
  }
}
