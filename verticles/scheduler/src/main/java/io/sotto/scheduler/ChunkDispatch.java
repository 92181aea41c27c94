package io.sotto.scheduler;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Lease;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims ready chunks for workers with free slots and sends each to its worker's own address. A
 * worker that refuses or does not answer loses the chunk at once, uncharged.
 */
final class ChunkDispatch {
  private static final Logger LOG = LoggerFactory.getLogger(ChunkDispatch.class);

  /** The link outlives the deadline: a chunk fetched in the last second must still be readable. */
  private static final Duration URL_SLACK = Duration.ofMinutes(1);

  private final Means means;
  private final NodeLease lease;
  private final Roster<WorkerOffer, ChunkId> workers;
  private final HandBack handBack;

  ChunkDispatch(
      Means means, NodeLease lease, Roster<WorkerOffer, ChunkId> workers, HandBack handBack) {
    this.means = means;
    this.lease = lease;
    this.workers = workers;
    this.handBack = handBack;
  }

  /** Claims and sends until nobody has a free slot or nothing is ready. Awaits the store. */
  void fillWorkers() {
    Dispatcher dispatcher = new Dispatcher(candidates(), means.options().limits().claim());
    Optional<Dispatcher.Claim> claim = dispatcher.next();
    while (claim.isPresent() && lease.trusted()) {
      dispatcher.claimed(claim.get(), fill(claim.get()));
      claim = dispatcher.next();
    }
  }

  private List<Dispatcher.Worker> candidates() {
    return workers.free(means.nanos().getAsLong()).stream()
        .filter(free -> !free.offer().models().isEmpty())
        .map(
            free ->
                new Dispatcher.Worker(
                    free.offer().node(),
                    free.offer().models(),
                    free.slots(),
                    free.credits(),
                    free.offer().speed()))
        .toList();
  }

  private int fill(Dispatcher.Claim claim) {
    Dispatcher.Worker worker = claim.worker();
    Duration deadline = Deadlines.of(worker.speed(), means.options().times());
    List<Lease> leases =
        means
            .jobs()
            .claimChunks(means.node(), worker.node(), worker.models(), claim.limit(), deadline)
            .await();
    if (!leases.isEmpty()) {
      CrashPoint.CLAIM_AFTER.pass();
    }
    leases.forEach(chunk -> send(worker.node(), chunk, deadline, false));
    return leases.size();
  }

  /** {@code alone}: the worker is to have nothing else in hand. */
  void send(NodeId worker, Lease chunk, Duration deadline, boolean alone) {
    CrashPoint.DISPATCH_BEFORE.pass();
    if (!lease.trusted()) {
      refused(worker, chunk, FailureCode.LEASE_LOST, "the scheduler's own lease ran out");
      return;
    }
    if (!workers.present(worker)) {
      refused(worker, chunk, FailureCode.NO_NODE, "the worker fell silent");
      return;
    }
    workers.sent(worker, chunk.chunk(), means.nanos().getAsLong() + deadline.toNanos());
    means.meters().dispatched();
    Subject subject = Subject.of(chunk.chunk(), worker, chunk.attempt(), chunk.trail());
    LOG.info("chunk leased {}", subject);
    means.bus().traces().waited("wait for worker", subject, chunk.waitedMs());
    TranscribeChunk command = command(chunk, deadline);
    means
        .bus()
        .request(Addresses.worker(worker), alone ? command.byItself() : command, chunk.trail())
        .onComplete(
            taken -> workers.reached(worker),
            why -> notTaken(worker, chunk, SottoException.of(why)));
    CrashPoint.DISPATCH_AFTER.pass();
  }

  private TranscribeChunk command(Lease chunk, Duration deadline) {
    return new TranscribeChunk(
        chunk.chunk(),
        chunk.attempt(),
        means.node(),
        chunk.span(),
        means.audio().presignGet(chunk.key(), deadline.plus(URL_SLACK)),
        chunk.sha256(),
        chunk.options(),
        Deadlines.limitMs(deadline));
  }

  private void notTaken(NodeId worker, Lease chunk, SottoException why) {
    workers.notTaken(worker, chunk.chunk(), why.code(), means.nanos().getAsLong());
    refused(worker, chunk, why.code(), why.reason());
  }

  private void refused(NodeId worker, Lease chunk, FailureCode code, String reason) {
    means.meters().refused();
    handBack.chunk(
        new ChunkFailed(chunk.chunk(), chunk.attempt(), worker, code, reason, false),
        chunk.trail());
  }
}
