package io.sotto.storage;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.SottoException;
import io.sotto.storage.AudioStore.Listed;
import io.sotto.storage.AudioStore.Listing;
import io.sotto.storage.Fsck.Report;
import io.sotto.storage.Fsck.Severity;
import io.sotto.storage.Fsck.Violation;
import io.vertx.core.Future;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@link Fsck} that needs the bucket: what rows refer to is there while somebody needs
 * it, and what nobody needs is gone. The database is asked page by page, so that no snapshot
 * outlives a listing. Blocks; not for an event loop.
 */
public final class FsckAudio {
  private static final String INVARIANT = "I8";
  private static final int PAGE = 1000;
  private static final int LOOKS_AT_ONCE = 16;
  private static final long ANSWER_S = 120;
  private static final UUID FIRST = new UUID(0, 0);

  private final PgOptions options;
  private final AudioStore audio;
  private final boolean keepAudio;
  private final Instant before;
  private final int limit;
  private final List<Violation> violations = new ArrayList<>();
  private boolean cut;

  private FsckAudio(
      PgOptions options, AudioStore audio, boolean keepAudio, int limit, Instant before) {
    this.options = options;
    this.audio = audio;
    this.keepAudio = keepAudio;
    this.limit = limit;
    this.before = before;
  }

  /**
   * Compares both stores. {@code keepAudio}: uploads stay after their job. Objects without a job
   * from before {@code before} should have been collected; younger ones may be uploads whose job is
   * about to be inserted. {@code STORE_DOWN} when one of the stores could not be asked.
   */
  public static Report check(
      PgOptions options, AudioStore audio, boolean keepAudio, int limit, Instant before) {
    FsckAudio fsck = new FsckAudio(options, audio, keepAudio, limit, before);
    try (Connection connection = Migrations.jdbc(options, "sotto-fsck").getConnection()) {
      connection.setReadOnly(true);
      fsck.missing(connection);
      for (String prefix : AudioKey.PREFIXES) {
        fsck.orphans(connection, prefix);
      }
    } catch (SQLException e) {
      throw Fsck.failure(options, e);
    }
    return new Report(0, 0, fsck.violations, fsck.cut ? List.of(INVARIANT) : List.of(), List.of());
  }

  // ---- what is needed is there

  private record Needed(UUID job, int seq, String key, long bytes) {}

  private void missing(Connection connection) throws SQLException {
    List<Needed> page = needed(connection, FIRST, Integer.MIN_VALUE);
    while (!page.isEmpty() && !cut) {
      for (int at = 0; at < page.size() && !cut; at += LOOKS_AT_ONCE) {
        look(connection, page.subList(at, Math.min(page.size(), at + LOOKS_AT_ONCE)));
      }
      page = needed(connection, page.getLast().job, page.getLast().seq);
    }
  }

  private static List<Needed> needed(Connection connection, UUID after, int afterSeq)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.AUDIO_NEEDED)) {
      statement.setObject(1, after);
      statement.setInt(2, afterSeq);
      statement.setObject(3, after);
      statement.setInt(4, afterSeq);
      statement.setInt(5, PAGE);
      List<Needed> page = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          UUID job = row.getObject("job_id", UUID.class);
          page.add(new Needed(job, row.getInt("seq"), row.getString("key"), row.getLong("bytes")));
        }
      }
      return page;
    }
  }

  private void look(Connection connection, List<Needed> some) throws SQLException {
    List<Future<Listing>> looks =
        some.stream().map(needed -> audio.list(needed.key, "", 1)).toList();
    for (int i = 0; i < some.size(); i++) {
      Needed needed = some.get(i);
      Optional<Listed> found =
          answer(looks.get(i)).objects().stream()
              .filter(object -> object.key().equals(needed.key))
              .findFirst();
      boolean right = found.isPresent() && found.get().bytes() == needed.bytes;
      if (!right && stillNeeded(connection, needed)) {
        add(wrong(needed, found.orElse(null)));
      }
    }
  }

  private static boolean stillNeeded(Connection connection, Needed needed) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.AUDIO_STILL_NEEDED)) {
      statement.setObject(1, needed.job);
      statement.setString(2, needed.key);
      statement.setString(3, needed.key);
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }

  private static Violation wrong(Needed needed, @Nullable Listed found) {
    return new Violation(
        INVARIANT,
        Severity.DAMAGE,
        needed.job,
        needed.seq < 0 ? null : needed.seq,
        needed.key,
        found == null
            ? "its audio is not in the bucket"
            : "its audio is of " + found.bytes() + " bytes, " + needed.bytes + " were stored",
        "the job will fail: submit the recording again, and look who writes to the bucket");
  }

  // ---- what is there is needed

  private void orphans(Connection connection, String prefix) throws SQLException {
    String after = "";
    boolean more = true;
    String last = "";
    while (more && !cut) {
      Listing page = answer(audio.list(prefix, after, PAGE));
      Map<String, Boolean> cleaned = jobs(connection, prefix, page.objects());
      for (Listed object : page.objects()) {
        String owner = owner(prefix, object.key());
        if (!owner.equals(last) && orphan(object, AudioKey.isUpload(prefix), cleaned.get(owner))) {
          last = owner;
          add(orphan(object, cleaned.containsKey(owner)));
        }
        after = object.key();
      }
      more = page.more();
    }
  }

  /** The part of a key that names the job: of a job's chunks, one is told of. */
  private static String owner(String prefix, String key) {
    int slash = key.indexOf('/', prefix.length());
    return key.substring(prefix.length(), slash < 0 ? key.length() : slash);
  }

  /** The jobs that the objects name, as far as there are such; whether their audio was cleaned. */
  private static Map<String, Boolean> jobs(
      Connection connection, String prefix, List<Listed> objects) throws SQLException {
    UUID[] ids =
        objects.stream()
            .flatMap(object -> JobId.parse(owner(prefix, object.key())).stream())
            .map(JobId::value)
            .distinct()
            .toArray(UUID[]::new);
    Map<String, Boolean> cleaned = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.JOBS_KNOWN)) {
      statement.setArray(1, connection.createArrayOf("uuid", ids));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          cleaned.put(row.getString("id"), row.getBoolean("cleaned"));
        }
      }
    }
    return cleaned;
  }

  private boolean orphan(Listed object, boolean upload, @Nullable Boolean cleaned) {
    boolean old = object.modified().isBefore(before);
    return old && (cleaned == null || cleaned && !(keepAudio && upload));
  }

  private static Violation orphan(Listed object, boolean known) {
    return new Violation(
        INVARIANT,
        Severity.LEAK,
        null,
        null,
        object.key(),
        known ? "its job has ended and was cleaned up" : "there is no job that it belongs to",
        "nobody's voice is kept longer than it is needed: delete the object");
  }

  private void add(Violation violation) {
    if (violations.size() >= limit) {
      cut = true;
    } else {
      violations.add(violation);
    }
  }

  static <T> T answer(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(ANSWER_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      SottoException why = SottoException.of(e.getCause());
      throw new SottoException(
          why.code(),
          why.reason() + "; is it running, and are endpoint, bucket and keys right?",
          why);
    } catch (TimeoutException e) {
      throw new SottoException(
          FailureCode.STORE_DOWN, "the audio store did not answer within " + ANSWER_S + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SottoException(FailureCode.STORE_DOWN, "interrupted", e);
    }
  }
}
