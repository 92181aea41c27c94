package io.sotto.scheduler.model;

import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterMessage.IngestCommand;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.Feeder;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.PreparedChunk;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An ingest node: after IngestVerticle, Workshop and ReportLine. */
final class IngestRole {
  private static final int SLOTS = 2;

  private final Cluster cluster;
  private final World world;
  private final Process me;
  private final List<Shop> running = new ArrayList<>();
  private final Feeder feeder = new Feeder();

  IngestRole(Cluster cluster, Process me) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.me = me;
  }

  boolean idle() {
    return running.isEmpty();
  }

  IngestOffer offer() {
    int free = me.draining ? 0 : SLOTS - running.size();
    return new IngestOffer(me.id, SLOTS, free, feeder.of(world.now()));
  }

  void handle(IngestCommand command, Network.Reply reply) {
    switch (command) {
      case PrepareAudio work -> {
        if (me.draining) {
          reply.refuse(FailureCode.DRAINING);
        } else if (running.size() >= SLOTS) {
          reply.refuse(FailureCode.WORKER_FULL);
        } else {
          reply.ack();
          Shop shop = new Shop(work);
          running.add(shop);
          feeder.fed(work.scheduler(), SLOTS - running.size(), world.now());
          cluster.offer(me);
          shop.cutNext();
          shop.remindLater();
        }
      }
    }
  }

  void handBackAll() {
    List.copyOf(running).forEach(shop -> shop.fail(FailureCode.DRAINING));
  }

  /** One recording, and the line of its reports: one at a time, each kept until it is taken. */
  private final class Shop {
    private final PrepareAudio work;
    private final Story story;
    private final List<PreparedChunk> waiting = new ArrayList<>();
    private int cut;
    private boolean ended;
    private boolean due;
    private boolean sending;
    private boolean over;
    private @Nullable FailureCode failure;

    Shop(PrepareAudio work) {
      this.work = work;
      this.story = cluster.database.invariants.story(work.job());
    }

    void cutNext() {
      world.after(me, world.between(Times.ms(100), Times.ms(1500)), "cuts", this::cut);
    }

    private void cut() {
      if (over || failure != null) {
        return;
      }
      if (story.kind() == Story.Kind.NOT_AUDIO) {
        fail(FailureCode.BAD_AUDIO);
      } else if (cut == story.chunks()) {
        ended = true;
        send();
      } else {
        waiting.add(story.chunk(cut));
        cut++;
        send();
        cutNext();
      }
    }

    void fail(FailureCode why) {
      waiting.clear();
      failure = why;
      send();
    }

    void remindLater() {
      world.after(
          me,
          Times.REPORT_EVERY,
          "remind",
          () -> {
            if (!over) {
              due = true;
              send();
              remindLater();
            }
          });
    }

    private void send() {
      boolean something = due || !waiting.isEmpty() || ended || failure != null;
      if (!sending && something && !over) {
        sending = true;
        due = false;
        boolean last = failure != null || ended;
        long since = world.now();
        offer(next(), cluster.find(work.scheduler()), since, Times.RETRY_MIN, last);
      }
    }

    private SchedulerReport next() {
      if (failure != null) {
        return new PreparationFailed(work.job(), work.attempt(), me.id, failure, "model");
      }
      List<PreparedChunk> chunks = List.copyOf(waiting);
      waiting.clear();
      long ms = cut * Story.CHUNK_MS;
      ChunksPrepared.End end = ended ? new ChunksPrepared.End(cut, ms) : null;
      return new ChunksPrepared(work.job(), work.attempt(), me.id, chunks, ms, end);
    }

    private void offer(
        SchedulerReport report, @Nullable Process to, long since, long wait, boolean last) {
      cluster.network.request(
          me,
          to,
          report,
          () -> taken(last),
          why -> {
            boolean late = world.now() - since > Times.REPORT_PATIENCE;
            boolean absent = why == FailureCode.NO_NODE || why == FailureCode.TIMEOUT;
            if (!why.retryable() || late || over) {
              close();
              return;
            }
            long longer = Math.min(Times.RETRY_MAX, wait * 2);
            world.after(
                me,
                wait,
                "report again",
                () -> offer(report, absent ? cluster.anyScheduler() : to, since, longer, last));
          });
    }

    private void taken(boolean last) {
      sending = false;
      if (last) {
        close();
      } else {
        send();
      }
    }

    private void close() {
      if (!over) {
        over = true;
        running.remove(this);
        feeder.freed(world.now());
        cluster.offer(me);
      }
    }
  }
}
