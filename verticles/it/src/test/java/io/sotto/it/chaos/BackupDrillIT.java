package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scripts of docs/operations/backup.md on a real server: {@code mvn verify -Pdrill}. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class BackupDrillIT {
  private static final String WRITER =
      "do $$ begin for i in 1..1000000 loop insert into line values (i); commit;"
          + " perform pg_sleep(0.01); end loop; end $$";
  private static final String NOW = "select clock_timestamp()";
  private static final String FOLDERS =
      "ls '%s/base' | grep -c '^[0-9]*T[0-9]*Z$'"; // as the script names them

  private ArchivingPostgres server;

  @BeforeEach
  void start() throws Exception {
    String obstacle = ArchivingPostgres.obstacle().orElse("");
    Assumptions.assumeTrue(obstacle.isEmpty(), "no backup drill: " + obstacle);
    server = ArchivingPostgres.start();
  }

  @AfterEach
  void end() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private String backup() throws Exception {
    return ArchivingPostgres.done(
        server.sotto(Map.of(), "backup.sh", server.target().toString()));
  }

  @Test
  void restoresExactlyWhatWasCommittedUntilASecond() throws Exception {
    server.sql("create table line (n bigint)");
    Process writer = server.begin(WRITER);
    backup();
    Pause.ms(1_500); // the next second after the backup's end
    String time = server.sql(NOW);
    Pause.ms(500);
    server.archived();
    String sums = "select count(*), sum(n) from line";
    String until =
        server.sql(sums + " where pg_xact_commit_timestamp(xmin) <= '" + time + "'::timestamptz");
    String all = server.sql(sums);
    assertNotEquals(until, all, "rows were written after that time");
    server.crash();
    writer.waitFor();
    ArchivingPostgres.done(restore("restored", "--time", time));
    server.serve(server.folder().resolve("restored"), false);
    assertEquals(until, server.sql(sums));
    System.out.println("restored until " + time + ": " + until + " of " + all);
  }

  private ArchivingPostgres.Ended restore(String data, String... more) throws Exception {
    List<String> all = new java.util.ArrayList<>();
    all.add(server.target().toString());
    all.add(server.folder().resolve(data).toString());
    all.addAll(List.of(more));
    return server.sotto(Map.of(), "restore.sh", all.toArray(String[]::new));
  }

  @Test
  void refusesWhatWouldNotBeWhole() throws Exception {
    backup();
    assertTrue(restore("data").said().contains("is not empty"), "never over what is there");
    assertTrue(
        restore("early", "--time", "2001-01-01 00:00:00+00").said().contains("no backup in"));
    String flip =
        "printf '\\xff' | dd of=$(ls '%s'/base/2*Z/base/1/PG_VERSION) bs=1 conv=notrunc"
            .formatted(server.target());
    ArchivingPostgres.done(server.program("bash", "-c", flip));
    ArchivingPostgres.Ended ended = restore("flipped");
    assertEquals(1, ended.status());
    assertTrue(ended.said().contains("checksum mismatch for file \"base/1/PG_VERSION\""), ended.said());
    assertTrue(ended.said().contains("is damaged"), ended.said());
  }

  @Test
  void keepsThirtyDaysAndTheNewestSevenWhateverTheClockSays() throws Exception {
    backup();
    String target = server.target().toString();
    String label = "$(ls -d '%s'/base/2*Z | tail -1)/backup_label".formatted(target);
    String dated =
        "l=%s; for i in {0..39}; do d='%s/base/'$(date -u -d \"$((i * 24 + 12)) hours ago\""
            .formatted(label, target);
    ArchivingPostgres.done(
        server.program(
            "bash", "-c", dated + " +%Y%m%dT%H%M%SZ); mkdir $d; cp $l $d/backup_label; done"));
    assertEquals("41", folders());
    Pause.ms(1_100); // names are seconds
    backup();
    assertEquals("32", folders()); // 12 hours to 29 days and 12 hours, and two of today
    String ahead =
        "mkdir '%1$s/clock'; printf '#!/bin/bash\\nexec /bin/date --date=\"31 days\""
                .formatted(server.folder())
            + " \"${@/--date=30 days ago/--date=1 day}\"\\n' > '%1$s/clock/date';"
                .formatted(server.folder())
            + " chmod +x '%1$s/clock/date'".formatted(server.folder());
    ArchivingPostgres.done(server.program("bash", "-c", ahead));
    String path = server.folder().resolve("clock") + ":" + System.getenv("PATH");
    ArchivingPostgres.done(server.sotto(Map.of("PATH", path), "backup.sh", target));
    assertEquals("7", folders());
  }

  private String folders() throws Exception {
    return server.program("bash", "-c", FOLDERS.formatted(server.target())).said();
  }

  @Test
  void archivesAFileOnceAndNeverOverIt() throws Exception {
    String made = "echo one > '%1$s/one'; echo two > '%1$s/two'".formatted(server.folder());
    ArchivingPostgres.done(server.program("bash", "-c", made));
    ArchivingPostgres.done(archive("one"));
    ArchivingPostgres.done(archive("one"));
    ArchivingPostgres.Ended other = archive("two");
    assertEquals(1, other.status());
    assertTrue(other.said().contains("exists and differs"), other.said());
    assertEquals("one", server.program("cat", server.target() + "/wal/0000000A.history").said());
  }

  private ArchivingPostgres.Ended archive(String file) throws Exception {
    return server.sotto(
        Map.of(),
        "archive-wal.sh",
        server.folder().resolve(file).toString(),
        "0000000A.history",
        server.target().toString());
  }
}
