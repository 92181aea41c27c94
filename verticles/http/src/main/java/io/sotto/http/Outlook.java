package io.sotto.http;

import io.sotto.storage.JobView;
import io.sotto.storage.TenantStore.OpenJob;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the queue lets expect, from what is open and how fast the cluster is now. Reckons as claims
 * decide: tenants share by weight, a tenant's jobs evenly, and whoever has less left is done
 * earlier. Pure; {@code speed} is audio seconds per second, 0 while nobody has measured any.
 */
record Outlook(List<OpenJob> open, double speed) {
  static final Outlook UNKNOWN = new Outlook(List.of(), 0);

  private static final long RETRY_S_USUAL = 5;

  /** OpenAI's client for Python gives up where it is told to wait for more than two minutes. */
  private static final long RETRY_S_MAX = 60;

  Outlook {
    open = List.copyOf(open);
  }

  long jobs() {
    return open.size();
  }

  long jobs(long tenant) {
    return open.stream().filter(job -> job.tenant() == tenant).count();
  }

  /** Seconds until {@code job} is done; null while its length or the cluster's speed is unknown. */
  @Nullable Long etaSeconds(JobView job) {
    if (job.state().terminal()) {
      return 0L;
    }
    Long length = job.audioMs();
    if (length == null || speed <= 0) {
      return null;
    }
    double left = Math.max(0, length - job.doneMs());
    double own =
        left
            + open.stream()
                .filter(other -> other.tenant() == job.tenantId() && !other.job().equals(job.id()))
                .mapToDouble(other -> Math.min(other.leftMs(), left))
                .sum();
    return Math.max(1, Math.round(seconds(job.tenantId(), own)));
  }

  /**
   * When a tenant that has as many jobs as it may can hope for a place: a job of its mean length.
   */
  long retrySeconds(long tenant) {
    double mean =
        open.stream()
            .filter(job -> job.tenant() == tenant)
            .mapToLong(OpenJob::leftMs)
            .average()
            .orElse(0);
    return bounded(seconds(tenant, mean));
  }

  /** Until all that is open is done; null while the cluster's speed is unknown. */
  @Nullable Long seconds() {
    double all = open.stream().mapToLong(OpenJob::leftMs).sum();
    return open.isEmpty() ? Long.valueOf(0) : speed <= 0 ? null : Math.round(all / 1000 / speed);
  }

  /** When anybody's job can be expected to end. */
  long retrySeconds() {
    double mean = open.stream().mapToLong(OpenJob::leftMs).average().orElse(0);
    return bounded(mean / 1000 / speed);
  }

  private long bounded(double seconds) {
    return speed <= 0 ? RETRY_S_USUAL : Math.clamp((long) Math.ceil(seconds), 1L, RETRY_S_MAX);
  }

  /** How long {@code ms} of a tenant's audio take beside what others have queued. */
  private double seconds(long tenant, double ms) {
    double weight =
        open.stream()
            .filter(job -> job.tenant() == tenant)
            .mapToDouble(OpenJob::weight)
            .findFirst()
            .orElse(1);
    Map<Long, List<OpenJob>> others =
        open.stream()
            .filter(job -> job.tenant() != tenant)
            .collect(Collectors.groupingBy(OpenJob::tenant));
    double all = ms;
    for (List<OpenJob> other : others.values()) {
      double backlog = other.stream().mapToDouble(OpenJob::leftMs).sum();
      all += Math.min(backlog, ms * other.getFirst().weight() / weight);
    }
    return all / 1000 / speed;
  }
}
