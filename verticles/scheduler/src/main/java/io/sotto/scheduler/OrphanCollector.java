package io.sotto.scheduler;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import io.sotto.scheduler.SchedulerMeters.Kept;
import io.sotto.storage.AudioStore.Listed;
import io.sotto.storage.AudioStore.Listing;
import io.sotto.storage.RetentionStore;
import io.sotto.storage.RetentionStore.Needs;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks over the bucket, a page a step, and deletes objects that no job has needed for long: what a
 * node stored and died before it said so, or stored too late. What is younger than that, or was met
 * without a job for a shorter while, stays, as does what bears no name of ours. Whether a job needs
 * it is asked again right before an object is deleted.
 */
final class OrphanCollector {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanCollector.class);
  private static final int PAGE = 1_000;

  /** A pass is taken to have begun so much earlier, for the database's clock is another. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  /** More in one pass are left to later ones: a wrong database must not fill the right one. */
  static final int ORPHANS_MAX = 10_000;

  private final Means means;
  private final RetentionStore retention;
  private int folder;
  private String after = "";
  private long begunNanos;
  private int met;
  private boolean walking;
  private boolean walked;
  private long endedNanos;

  OrphanCollector(Means means) {
    this.means = means;
    this.retention = means.jobs().retention();
  }

  /** Another node walks now; here a walk begins anew when it comes back. */
  void forget() {
    walking = false;
    walked = false;
    means.meters().orphans(0);
  }

  /** One page, or nothing while there is a rest between two walks. Awaits the stores. */
  void step() {
    SchedulerOptions.Retention options = means.options().retention();
    Duration age = options.orphanAge();
    if (age == null || !walking && resting(options.passEvery())) {
      return;
    }
    if (!walking) {
      begin();
    }
    String prefix = AudioKey.PREFIXES.get(folder);
    Listing page = means.audio().list(prefix, after, PAGE).await();
    look(page, age);
    if (page.more() && met < ORPHANS_MAX) {
      after = page.objects().getLast().key();
    } else {
      after = "";
      folder++;
    }
    if (folder >= AudioKey.PREFIXES.size()) {
      end();
    }
  }

  private boolean resting(Duration between) {
    return walked && means.nanos().getAsLong() - endedNanos < between.toNanos();
  }

  private void begin() {
    walking = true;
    folder = 0;
    after = "";
    met = 0;
    begunNanos = means.nanos().getAsLong();
  }

  private void end() {
    walking = false;
    walked = true;
    endedNanos = means.nanos().getAsLong();
    if (met < ORPHANS_MAX) {
      retention.passEnded(Duration.ofNanos(endedNanos - begunNanos).plus(MARGIN)).await();
    }
    means.meters().orphans(met);
    if (met > 0) {
      LOG.warn("objects without a job in the bucket: {}", met);
    }
  }

  private void look(Listing page, Duration age) {
    List<String> strays = unneeded(page.objects().stream().map(Listed::key).toList());
    if (strays.isEmpty()) {
      return;
    }
    Instant before = Instant.now().minus(age);
    Set<String> old =
        page.objects().stream()
            .filter(object -> !object.modified().isAfter(before))
            .map(Listed::key)
            .collect(Collectors.toSet());
    List<String> due =
        retention.metOrphans(strays, age).await().stream().filter(old::contains).toList();
    List<String> gone = unneeded(due);
    gone.forEach(key -> means.audio().delete(new AudioKey(key)).await());
    if (!gone.isEmpty()) {
      retention.orphansDeleted(gone, means.options().retention().witness()).await();
      means.meters().expired(Kept.ORPHAN, gone.size());
      LOG.info("deleted objects without a job: {}, the first {}", gone.size(), gone.getFirst());
    }
    met += strays.size() - gone.size();
  }

  private List<String> unneeded(Collection<String> keys) {
    Set<JobId> jobs = new HashSet<>();
    keys.forEach(key -> AudioKey.owner(key).ifPresent(jobs::add));
    if (jobs.isEmpty()) {
      return List.of();
    }
    Map<JobId, Needs> needs = retention.needs(jobs).await();
    return keys.stream().filter(key -> unneeded(key, needs)).toList();
  }

  private static boolean unneeded(String key, Map<JobId, Needs> needs) {
    Optional<JobId> owner = AudioKey.owner(key);
    if (owner.isEmpty()) {
      return false;
    }
    @Nullable Needs needed = needs.get(owner.get());
    return needed == null || !(AudioKey.isUpload(key) ? needed.upload() : needed.chunks());
  }
}
