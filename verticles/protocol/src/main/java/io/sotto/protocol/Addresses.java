package io.sotto.protocol;

import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.ClusterMessage.IngestCommand;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import java.time.Duration;

/**
 * The only list of bus addresses: a fixed few per node, never one per job (a dead node's rows are
 * walked by every survivor).
 */
public final class Addresses {
  /**
   * Commands and reports are acknowledged when taken on or committed, never when the work is done.
   */
  private static final Duration CONTROL = Duration.ofSeconds(5);

  public static final Topic<Hint> HINTS = new Topic<>("sotto.v1.hints", Hint.class);
  public static final Topic<Offer> OFFERS = new Topic<>("sotto.v1.offers", Offer.class);

  /** Any live scheduler, for reports whose own scheduler is gone. */
  public static final Address<SchedulerReport, Ack> ANY_SCHEDULER =
      new Address<>("sotto.v1.scheduler", SchedulerReport.class, Ack.class, CONTROL);

  private Addresses() {}

  public static Address<SchedulerReport, Ack> scheduler(NodeId node) {
    return new Address<>("sotto.v1.scheduler." + node, SchedulerReport.class, Ack.class, CONTROL);
  }

  public static Address<IngestCommand, Ack> ingest(NodeId node) {
    return new Address<>("sotto.v1.ingest." + node, IngestCommand.class, Ack.class, CONTROL);
  }

  public static Address<WorkerCommand, Ack> worker(NodeId node) {
    return new Address<>("sotto.v1.worker." + node, WorkerCommand.class, Ack.class, CONTROL);
  }
}
