package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.storage.AuditLog;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster as production has it: TLS on the bus and to the database, roles of least privilege,
 * every secret in a file. It works, and goes on working while each of its secrets is changed.
 */
@Tag("waiting")
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class SecurityIT {
  private static final int SOUNDS = 3;
  private static final int CLIENTS = 4;
  private static final int JOBS_BETWEEN = 5;
  private static final long PATIENCE_MS = 60_000;
  @TempDir private Path folder;
  private SecureHouse house;

  @BeforeEach
  void open() throws Exception {
    house = SecureHouse.open(folder);
  }

  @Test
  void everySecretIsChangedUnderLoadAndNoJobFails() throws Exception {
    try (SecureHouse at = house;
        Recorder recorder = Recorder.open(folder.resolve("facts.log"));
        Client client = new Client(() -> List.of(URI.create(at.url())), recorder)) {
      Checker checker = new Checker();
      List<Sound> sounds = Sound.several(SOUNDS);
      Load load = new Load(client, recorder, sounds);
      for (Sound sound : sounds) {
        Recorder.Asked one = load.one(sound);
        checker.learn(one, client.chunks(one));
      }
      assertNothingIsTold();
      load.start(CLIENTS, 1);
      for (Change change :
          List.<Change>of(
              house::changeS3Keys,
              house::changeDatabasePassword,
              house::changeDatabaseUser,
              house::changeCertificates,
              house::restartWorker)) {
        awaitJobs(recorder, JOBS_BETWEEN);
        change.make();
      }
      awaitJobs(recorder, JOBS_BETWEEN);
      load.stop(PATIENCE_MS);
      Checker.Verdict verdict = checker.judge(recorder, house.database());
      assertEquals(List.of(), verdict.findings());
      assertTrue(verdict.acked() >= SOUNDS + 6 * JOBS_BETWEEN, verdict::toString);
      AuditLog.Report audit = AuditLog.verify(house.reader(), null);
      assertEquals(List.of(), audit.faults());
      assertTrue(audit.rows() >= 1, audit::toString);
    }
  }

  private interface Change {
    void make() throws Exception;
  }

  /** Waits for {@code more} jobs to end than have until now. */
  private static void awaitJobs(Recorder recorder, int more) throws InterruptedException {
    long wanted = ended(recorder) + more;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    while (ended(recorder) < wanted) {
      assertTrue(System.nanoTime() < deadline, () -> "stuck: " + recorder.surprises());
      Pause.ms(50);
    }
  }

  private static long ended(Recorder recorder) {
    return recorder.all().stream().filter(Recorder.Asked::ended).count();
  }

  /** Whoever lists processes sees no secret, and no node talks to anybody but its cluster. */
  private void assertNothingIsTold() throws Exception {
    for (long pid : house.pids()) {
      String told = ProcFiles.environment(pid) + ProcFiles.commandLine(pid);
      assertTrue(told.contains("SOTTO_CLUSTER_SECRET_FILE"), "it was looked at");
      for (String secret : house.secrets()) {
        assertFalse(told.contains(secret), "a secret in environment or command line");
      }
      List<String> peers = ProcFiles.peers(pid);
      assertFalse(peers.isEmpty(), "its connections were looked at");
      assertEquals(
          List.of(), peers.stream().filter(peer -> !peer.startsWith("127.")).toList(), "outside");
    }
  }
}
