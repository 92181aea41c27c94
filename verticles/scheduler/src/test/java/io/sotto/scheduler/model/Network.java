package io.sotto.scheduler.model;

import io.sotto.protocol.ClusterMessage;
import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.ClusterMessage.IngestCommand;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The event bus: best effort, in no order, some of it twice. */
final class Network {
  private static final int DROPS = 12;
  private static final int DOUBLES = 12;
  private static final int DELAYS = 16;

  /** Three offers in four are there at once: they are half of all that is said. */
  private static final int OFFERS_AT_ONCE = 4;

  private static final Runnable NOTHING = () -> {};

  private final World world;
  private final Faults faults;

  Network(World world, Faults faults) {
    this.world = world;
    this.faults = faults;
  }

  /** What a served request ends with. */
  interface Reply {
    void ack();

    void refuse(FailureCode why);
  }

  /** The first of acknowledgement, refusal and time-out counts. */
  private static final class Once {
    private boolean over;

    void run(Runnable action) {
      if (!over) {
        over = true;
        action.run();
      }
    }
  }

  /** Asks {@code to}, null when nobody has the address. */
  void request(
      Process from,
      @Nullable Process to,
      ClusterMessage message,
      Runnable acked,
      Consumer<FailureCode> refused) {
    Once once = new Once();
    Consumer<FailureCode> ended = why -> once.run(() -> refused.accept(why));
    Runnable nobody =
        () -> world.post(from, "nobody there", () -> ended.accept(FailureCode.NO_NODE), NOTHING);
    if (to == null || to.dead) {
      nobody.run();
      return;
    }
    world.after(
        from,
        Times.REQUEST_TIMEOUT,
        "timeout",
        () -> !once.over,
        () -> ended.accept(FailureCode.TIMEOUT));
    Reply reply = new ReplyBySending(from, to, once, acked, ended);
    send(from, to, message, () -> serve(to, message, reply), world.oneIn(2) ? nobody : NOTHING);
  }

  private final class ReplyBySending implements Reply {
    private final Process asker;
    private final Process me;
    private final Once once;
    private final Runnable acked;
    private final Consumer<FailureCode> ended;

    ReplyBySending(
        Process asker, Process me, Once once, Runnable acked, Consumer<FailureCode> ended) {
      this.asker = asker;
      this.me = me;
      this.once = once;
      this.acked = acked;
      this.ended = ended;
    }

    @Override
    public void ack() {
      send(me, asker, "ack", () -> once.run(acked), NOTHING);
    }

    @Override
    public void refuse(FailureCode why) {
      send(me, asker, why, () -> ended.accept(why), NOTHING);
    }
  }

  private static void serve(Process to, ClusterMessage message, Reply reply) {
    switch (message) {
      case WorkerCommand command when to.worker != null -> to.worker.handle(command, reply);
      case IngestCommand command when to.ingest != null -> to.ingest.handle(command, reply);
      case SchedulerReport report when to.scheduler != null -> to.scheduler.take(report, reply);
      default -> throw new IllegalStateException(to + " does not serve " + message);
    }
  }

  void offer(Process from, Process to, Offer offer) {
    Runnable heard = () -> scheduler(to).offered(offer);
    if (from == to || !to.dead && !to.frozen && !cut(from, to) && !world.oneIn(OFFERS_AT_ONCE)) {
      heard.run();
    } else {
      send(from, to, offer, heard, NOTHING);
    }
  }

  void hint(Process from, Process to, Hint hint) {
    send(from, to, hint, () -> scheduler(to).hinted(hint), NOTHING);
  }

  private static SchedulerRole scheduler(Process to) {
    return Objects.requireNonNull(to.scheduler);
  }

  private static boolean cut(Process from, Process to) {
    return from != to && (from.cut || to.cut);
  }

  private void send(Process from, Process to, Object what, Runnable arrive, Runnable nobody) {
    if (cut(from, to) || from != to && faults.strikes(Fault.DROP, DROPS)) {
      return;
    }
    Runnable unlessCut =
        () -> {
          if (!cut(from, to)) {
            arrive.run();
          }
        };
    if (faults.strikes(Fault.DUPLICATE, DOUBLES)) {
      world.post(to, what, unlessCut, NOTHING);
    }
    if (faults.strikes(Fault.DELAY, DELAYS)) {
      long delay = world.between(Times.ms(500), Times.ms(9000));
      world.after(to, delay, "late", () -> world.post(to, what, unlessCut, nobody));
    } else {
      world.post(to, what, unlessCut, nobody);
    }
  }
}
