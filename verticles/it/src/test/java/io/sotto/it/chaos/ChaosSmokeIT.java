package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sotto.it.Recordings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Eight kinds of fault, each twice, and two cuts of the network where one can be made, on a cluster
 * at work: nothing is lost, nothing is there twice.
 */
@Tag("waiting")
class ChaosSmokeIT {
  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void nothingIsLostAndNothingIsThereTwice() throws Exception {
    Path folder = Recordings.HOME.resolve("verticles/it/target/chaos/smoke");
    Files.createDirectories(folder);
    Optional<String> obstacle = Studies.SMOKE.obstacle();
    obstacle.ifPresent(why -> System.out.println("== SKIPPED the smoke's cuts: " + why));
    Study smoke = obstacle.isPresent() ? new Smoke(false) : Studies.SMOKE;
    Study.Seen seen = smoke.run(folder, System.out::println);
    seen.table().forEach(System.out::println);
    assertEquals(List.of(), seen.findings());
  }
}
