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
    for (Study study : Studies.ALL) {
      String page = Files.readString(study.page());
      String name = study.name();
      String once = ReliabilityPage.between(name, page, "first");
      assertEquals(
          ReliabilityPage.between(name, page, "second"),
          ReliabilityPage.between(name, once, "second"));
      assertTrue(once.contains("\nfirst\n") && once.startsWith(page.substring(0, 10)), once);
    }
    assertThrows(
        IllegalStateException.class, () -> ReliabilityPage.between("random-7", "no marks", ""));
  }
}
