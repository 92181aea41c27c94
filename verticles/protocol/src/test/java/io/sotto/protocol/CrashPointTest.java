package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process dies, or stands still, at the point that was armed and at no other. */
class CrashPointTest {
  private static final int KILLED = 137;
  private static final int PASSED_ALL = 0;

  /** Passes every point three times, in order, and says which it has behind it. */
  static final class Walk {
    private Walk() {}

    public static void main(String[] order) {
      for (String one : order) {
        CrashPoint.arm(one);
      }
      for (int round = 1; round <= 3; round++) {
        for (CrashPoint point : CrashPoint.values()) {
          point.pass();
          System.out.println(round + " " + point.label());
        }
      }
    }
  }

  private static Process walk(String... order) throws Exception {
    List<String> line =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Walk.class.getName()));
    line.addAll(Arrays.asList(order));
    return new ProcessBuilder(line).redirectErrorStream(true).start();
  }

  @Test
  void unarmedPointsDoNothing() throws Exception {
    Process walk = walk();
    assertEquals(3 * CrashPoint.values().length, walk.inputReader().lines().count());
    assertEquals(PASSED_ALL, walk.waitFor());
  }

  @Test
  void theProcessDiesThereAfterSoManyPasses() throws Exception {
    Process walk = walk("commit.before:2:kill");
    List<String> said = walk.inputReader().lines().toList();
    assertEquals(KILLED, walk.waitFor());
    assertEquals(CrashPoint.REACHED + "commit.before", said.getLast());
    assertEquals("3 worker.before-reply", said.get(said.size() - 2));
  }

  @Test
  void aFrozenProcessGoesOnWhereItStood() throws Exception {
    Process walk = walk("claim.after:0:freeze");
    try (BufferedReader said = walk.inputReader()) {
      String line = said.readLine();
      while (!line.startsWith(CrashPoint.REACHED)) {
        line = said.readLine();
      }
      signal("-STOP", walk);
      walk.waitFor(1500, TimeUnit.MILLISECONDS); // its freeze, as long as it needs to see it
      signal("-CONT", walk);
      assertEquals("1 claim.after", said.readLine());
      assertTrue(walk.waitFor(30, TimeUnit.SECONDS));
    } finally {
      walk.destroyForcibly();
    }
    assertEquals(PASSED_ALL, walk.exitValue());
  }

  private static void signal(String name, Process process) throws Exception {
    new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
  }

  @Test
  void anOrderThatIsNoneIsRefusedWithTheNamesThatThereAre() {
    for (String order : List.of("", "commit.before", "commit.never:0:kill", "claim.after:x:kill")) {
      String why =
          assertThrows(IllegalArgumentException.class, () -> CrashPoint.arm(order)).getMessage();
      assertTrue(why.contains("POINT:PASSES:HOW") && why.contains("sweep.mid-batch"), why);
    }
  }

  @Test
  void everyPointHasANameOfItsOwn() {
    Set<String> labels = new HashSet<>();
    for (CrashPoint point : CrashPoint.values()) {
      assertTrue(labels.add(point.label()), point.label());
    }
  }
}
