package io.sotto.scheduler;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.sotto.storage.JobStore.Preparation;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims accepted jobs for ingest nodes with free slots and sends each to its node's own address.
 * Who prepares is written down before the node is asked, so that its death is noticed even if the
 * answer never comes.
 */
final class PreparationDispatch {
  private static final Logger LOG = LoggerFactory.getLogger(PreparationDispatch.class);

  private final Means means;
  private final NodeLease lease;
  private final Roster<IngestOffer, JobId> ingests;
  private final HandBack handBack;

  PreparationDispatch(
      Means means, NodeLease lease, Roster<IngestOffer, JobId> ingests, HandBack handBack) {
    this.means = means;
    this.lease = lease;
    this.ingests = ingests;
    this.handBack = handBack;
  }

  /** Claims as many jobs as there are free slots, and sends them. Awaits the store. */
  void fillIngests() {
    int credits = free().stream().mapToInt(Roster.Free::credits).sum();
    int limit = Math.min(credits, means.options().limits().claim());
    if (limit == 0 || !lease.trusted()) {
      return;
    }
    List<Preparation> claimed =
        means
            .jobs()
            .claimPreparations(means.node(), limit, means.options().times().preparationLease())
            .await();
    if (!claimed.isEmpty()) {
      CrashPoint.PREPARE_AFTER_CLAIM.pass();
    }
    claimed.forEach(this::place);
  }

  /** One that cannot be placed, since the store went away, is no reason to forget the others. */
  private void place(Preparation work) {
    try {
      choose(work);
    } catch (SottoException e) {
      ingests.settled(work.job());
      handBack.preparation(work, means.node(), e.reason());
    }
  }

  private List<Roster.Free<IngestOffer>> free() {
    return ingests.free(means.nanos().getAsLong());
  }

  /** The emptiest node takes it; capacity may have gone while the store was asked. */
  private void choose(Preparation work) {
    var best = free().stream().max(Comparator.comparingInt(Roster.Free::credits));
    if (best.isEmpty() || !lease.trusted()) {
      handBack.preparation(work, means.node(), "no ingest node is free");
      return;
    }
    NodeId ingest = best.get().offer().node();
    ingests.sent(ingest, work.job(), leaseEnd());
    if (means.jobs().assignPreparation(work.job(), work.attempt(), ingest).await()) {
      send(ingest, work);
    } else {
      ingests.settled(work.job());
    }
  }

  private long leaseEnd() {
    return means.nanos().getAsLong() + means.options().times().preparationLease().toNanos();
  }

  private void send(NodeId ingest, Preparation work) {
    Subject subject = Subject.of(work.job(), ingest, work.attempt(), work.trail());
    LOG.info("preparation sent {}", subject);
    means.bus().traces().waited("wait for ingest", subject, work.waitedMs());
    String url = means.audio().presignGet(work.source(), means.options().times().sourceUrlTtl());
    means
        .bus()
        .request(
            Addresses.ingest(ingest),
            new PrepareAudio(
                work.job(),
                work.attempt(),
                means.node(),
                url,
                work.sourceBytes(),
                work.sourceSha256()),
            work.trail())
        .onComplete(
            taken -> ingests.reached(ingest),
            why -> notTaken(ingest, work, SottoException.of(why)));
  }

  private void notTaken(NodeId ingest, Preparation work, SottoException why) {
    ingests.notTaken(ingest, work.job(), why.code(), means.nanos().getAsLong());
    means.meters().refused();
    handBack.preparation(work, ingest, why.reason());
  }
}
