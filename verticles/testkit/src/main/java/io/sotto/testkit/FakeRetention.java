package io.sotto.testkit;

import io.sotto.protocol.JobId;
import io.sotto.storage.AuditAction;
import io.sotto.storage.AuditEntry;
import io.sotto.storage.RetentionStore;
import io.sotto.storage.Tenant;
import io.sotto.testkit.FakeJobs.Job;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The retention of {@link FakeJobStore}; its hashes of results are made up. */
public final class FakeRetention implements RetentionStore {
  private final FakeJobStore store;
  private final List<AuditEntry> entries = new CopyOnWriteArrayList<>();
  private final Map<String, Sighting> orphans = new HashMap<>();

  /** When an orphan was met first and last. */
  private record Sighting(Instant seen, Instant met) {}

  FakeRetention(FakeJobStore store) {
    this.store = store;
  }

  /** What the audit log would say. */
  public List<AuditEntry> entries() {
    return List.copyOf(entries);
  }

  void note(Witness witness, AuditAction action, Job job, JobId id, String detail) {
    note(witness, action, job.made.tenantId(), id.toString(), detail, 1);
  }

  private void note(
      Witness witness,
      AuditAction action,
      @Nullable Long tenant,
      String subject,
      String detail,
      int times) {
    String node = witness.node();
    if (node != null) {
      entries.add(
          new AuditEntry(Instant.now(), node, action, tenant, "", "", subject, detail, times));
    }
  }

  private List<JobId> ended(Predicate<Job> due, int limit) {
    return store.jobs().stream()
        .filter(due)
        .sorted(Comparator.comparing((Job job) -> Objects.requireNonNull(job.finished)))
        .limit(limit)
        .map(job -> job.made.id())
        .toList();
  }

  private boolean over(Job job, Usual usual) {
    Tenant tenant = store.tenant(job);
    Duration kept = or(tenant.keepTranscripts(), usual.transcripts());
    return job.deleted == null
        && job.state.terminal()
        && since(job, kept)
        && (!store.webhooks().pending(job.made.id()) || since(job, kept.plus(usual.webhooks())));
  }

  private static Duration or(@Nullable Duration own, Duration usual) {
    return own == null ? usual : own;
  }

  private static boolean since(Job job, Duration kept) {
    return FakeJobStore.endedBefore(job.finished, Instant.now().minus(kept));
  }

  @Override
  public Future<List<JobId>> expired(Usual usual, int limit) {
    return store.step(() -> ended(job -> over(job, usual), limit));
  }

  @Override
  public Future<Optional<Expired>> expire(JobId id, Usual usual, Witness witness) {
    return store.step(
        () -> {
          Job job = store.job(id);
          if (job == null || !over(job, usual)) {
            return Optional.empty();
          }
          int results =
              (int) job.chunks.values().stream().filter(chunk -> chunk.result != null).count();
          Expired expired =
              new Expired(
                  job.made.tenantId(),
                  job.chunks.size(),
                  results,
                  store.webhooks().events(job.made.id()),
                  0,
                  job.made.audio().sha256(),
                  "00".repeat(32));
          store.delete(job, Instant.now());
          note(witness, AuditAction.JOB_EXPIRED, job, id, "results=" + results);
          return Optional.of(expired);
        });
  }

  @Override
  public Future<List<JobId>> worn(Usual usual, int limit) {
    return store.step(() -> ended(job -> worn(job, usual), limit));
  }

  private boolean worn(Job job, Usual usual) {
    Duration kept = or(store.tenant(job).keepAudio(), usual.audio());
    return job.deleted == null && job.cleaned && !job.uploadGone && since(job, kept);
  }

  @Override
  public Future<Void> uploadGone(JobId id, Witness witness) {
    return store
        .step(
            () -> {
              Job job = store.job(id);
              boolean kept = job != null && job.cleaned && !job.uploadGone && job.deleted == null;
              if (kept) {
                job.uploadGone = true;
                note(witness, AuditAction.AUDIO_EXPIRED, job, id, "");
              }
              return kept;
            })
        .mapEmpty();
  }

  @Override
  public Future<Map<JobId, Needs>> needs(Collection<JobId> jobs) {
    return store.step(
        () -> {
          Map<JobId, Needs> needs = new HashMap<>();
          for (JobId id : jobs) {
            Job job = store.job(id);
            if (job != null) {
              needs.put(id, new Needs(!job.uploadGone, !job.cleaned || job.deleted != null));
            }
          }
          return needs;
        });
  }

  @Override
  public Future<List<String>> metOrphans(List<String> keys, Duration age) {
    return store.step(
        () -> {
          List<String> due = new ArrayList<>();
          for (String key : keys) {
            Sighting before = orphans.get(key);
            Instant seen = before == null ? Instant.now() : before.seen;
            orphans.put(key, new Sighting(seen, Instant.now()));
            if (!seen.isAfter(Instant.now().minus(age))) {
              due.add(key);
            }
          }
          return due;
        });
  }

  @Override
  public Future<Void> orphansDeleted(List<String> keys, Witness witness) {
    return store
        .step(
            () -> {
              int before = orphans.size();
              keys.forEach(orphans::remove);
              int gone = before - orphans.size();
              if (gone > 0) {
                note(witness, AuditAction.ORPHANS_DELETED, null, keys.getFirst(), "", gone);
              }
              return gone;
            })
        .mapEmpty();
  }

  @Override
  public Future<Void> passEnded(Duration ago) {
    Instant begun = Instant.now().minus(ago);
    return store.step(() -> orphans.values().removeIf(one -> one.met.isBefore(begun))).mapEmpty();
  }
}
