package io.sotto.testkit;

import io.sotto.protocol.JobState;
import io.sotto.storage.HistoryStore;
import io.sotto.storage.HistoryStore.Page;
import io.sotto.storage.HistoryStore.Place;
import io.sotto.storage.HistoryStore.Query;
import io.sotto.storage.JobView;
import io.sotto.testkit.FakeJobs.Job;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The lists of {@link FakeJobStore}: every job looked at, each time. */
final class FakeHistory {
  private FakeHistory() {}

  static Page list(Collection<Job> jobs, long tenantId, Query query) {
    Comparator<Place> upwards =
        Comparator.comparingLong(Place::key).thenComparing(place -> place.id().value().toString());
    Comparator<Place> order = query.ascending() ? upwards : upwards.reversed();
    List<JobView> meant =
        jobs.stream()
            .filter(job -> job.deleted == null && job.made.tenantId() == tenantId)
            .map(Job::view)
            .filter(job -> means(query, job))
            .sorted((a, b) -> order.compare(place(query, a), place(query, b)))
            .toList();
    Place after = query.after();
    List<JobView> page =
        meant.stream()
            .filter(job -> after == null || order.compare(place(query, job), after) > 0)
            .skip(query.skip())
            .limit(query.limit() + 1L)
            .toList();
    return Page.of(query, page, Math.min(meant.size(), HistoryStore.COUNTED_MAX + 1));
  }

  private static Place place(Query query, JobView job) {
    return Place.of(query.sort(), job);
  }

  private static boolean means(Query query, JobView job) {
    JobState state = query.state();
    return (state == null || state == job.state())
        && (query.language() == null || Objects.equals(query.language(), job.language()))
        && (query.model() == null || query.model().equals(job.options().model()))
        && after(job.createdAt(), query.createdAfter())
        && (query.createdBefore() == null || query.createdBefore().isAfter(job.createdAt()));
  }

  private static boolean after(Instant created, @Nullable Instant bound) {
    return bound == null || created.isAfter(bound);
  }
}
