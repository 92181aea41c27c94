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
    String once = ReliabilityPage.between(page, "first");
    assertEquals(ReliabilityPage.between(page, "second"), ReliabilityPage.between(once, "second"));
    assertTrue(once.contains("\nfirst\n") && once.startsWith("# Reliability, measured\n"), once);
    assertThrows(IllegalStateException.class, () -> ReliabilityPage.between("no marks", ""));
  }
}
