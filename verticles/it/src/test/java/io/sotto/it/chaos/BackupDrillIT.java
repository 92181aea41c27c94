package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.it.Recordings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final String KNOWN =
      "select count(*) from job where created_at < '%s'::timestamptz - interval '1 second'";
  private static final String LATER =
      "select count(*) from job where created_at > '%s'::timestamptz";
  private static final String OPEN =
      "select count(*) from job where state in ('accepted', 'preparing', 'running')";
  private static final String LOST = "select count(*) from job where state <> 'completed'";
  private static final String ENDS =
      "select string_agg(n || ' ' || state, ', ') from"
          + " (select state, count(*) as n from job group by state) s";
  private static final long SEED = Long.getLong("sotto.drill.seed", System.nanoTime());
  private static final int CLIENTS = 4;
  private static final long ARCHIVED_MS = 65_000;
  private static final int RPO_S = 300;
  private static final int RTO_S = 600;

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
    return ArchivingPostgres.done(server.sotto(Map.of(), "backup.sh", server.target().toString()));
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
    List<String> all = new ArrayList<>();
    all.add(server.target().toString());
    all.add(server.folder().resolve(data).toString());
    all.addAll(List.of(more));
    return server.sotto(Map.of(), "restore.sh", all.toArray(String[]::new));
  }

  @Test
  void aNodeAtWorkIsRestoredToARandomSecond() throws Exception {
    Path folder = Recordings.HOME.resolve("verticles/it/target/backup-drill");
    try (WorkingNode node =
        WorkingNode.open(folder.resolve(Long.toString(System.nanoTime())), server)) {
      node.load(CLIENTS, SEED);
      backup();
      Pause.ms(1_500 + new Random(SEED).nextLong(10_000));
      String time = server.sql(NOW);
      Pause.ms(ARCHIVED_MS); // by archive_timeout alone: what the newest commit's age is then
      drill(node);
      server.archived();
      node.kill();
      String before = server.sql(KNOWN.formatted(time));
      String after = server.sql(LATER.formatted(time));
      assertNotEquals("0", before, "jobs came before that time");
      assertNotEquals("0", after, "and after it");
      server.crash();
      long begun = System.nanoTime();
      ArchivingPostgres.done(restore("second", "--time", time));
      server.serve(server.folder().resolve("second"), false);
      long rtoMs = (System.nanoTime() - begun) / 1_000_000;
      assertEquals(before, server.sql(KNOWN.formatted(time)));
      assertEquals("0", server.sql(LATER.formatted(time)));
      String open = server.sql(OPEN);
      node.start();
      ArchivingPostgres.until("every job has ended", () -> server.sql(OPEN).equals("0"));
      assertEquals(List.of(), node.fsck());
      assertEquals("0", server.sql(LOST), "what was open again had its audio");
      System.out.printf(
          "seed %d: restored to %s in %d ms: %s jobs of before, none of %s after, %s open then;"
              + " %s%n",
          SEED, time, rtoMs, before, after, open, server.sql(ENDS));
    }
  }

  private void drill(WorkingNode node) throws Exception {
    ArchivingPostgres.Ended ended =
        server.sotto(node.stores(), "restore-drill.sh", server.target().toString());
    System.out.println(ended.said());
    assertEquals(0, ended.status(), ended.said());
    int rpo = figure("RPO (\\d+) s", ended.said());
    assertTrue(rpo <= RPO_S, "RPO " + rpo + " s");
    int rto = figure("RTO (\\d+) s", ended.said());
    assertTrue(rto <= RTO_S, "RTO " + rto + " s");
    assertTrue(ended.said().endsWith("fsck 0"), ended.said());
  }

  private static int figure(String pattern, String said) {
    Matcher found = Pattern.compile(pattern).matcher(said);
    assertTrue(found.find(), said);
    return Integer.parseInt(found.group(1));
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
    assertTrue(
        ended.said().contains("checksum mismatch for file \"base/1/PG_VERSION\""), ended.said());
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
  void goesOffSiteAndIsAloneWithItsFolder() throws Exception {
    String target = server.target().toString();
    Map<String, String> copies = Map.of("SOTTO_BACKUP_OFFSITE", "cp -r \"$1/base\" \"$1/far\"");
    ArchivingPostgres.done(server.sotto(copies, "backup.sh", target));
    String same = "diff -r '%1$s/base' '%1$s/far'".formatted(target);
    ArchivingPostgres.done(server.program("bash", "-c", same));
    Pause.ms(1_100); // names are seconds
    Map<String, String> fails = Map.of("SOTTO_BACKUP_OFFSITE", "exit 3");
    ArchivingPostgres.Ended ended = server.sotto(fails, "backup.sh", target);
    assertEquals(1, ended.status());
    assertTrue(ended.said().contains("is on this disk alone"), ended.said());
    String script = Recordings.HOME.resolve("scripts/backup.sh").toString();
    ended = server.program("flock", target + "/.lock", script, target);
    assertEquals(1, ended.status());
    assertTrue(ended.said().contains("is going on"), ended.said());
    assertEquals("2", folders());
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
