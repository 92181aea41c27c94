package io.sotto.scheduler.model;

import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The machines, the processes that ran on them, and what a role needs of all the others. */
final class Cluster {
  private static final int FREEZES_WAITING = 20;
  private static final int CRASHES_WAITING = 60;

  final World world;
  final Faults faults;
  final Network network;
  final Database database;
  final Defect defect;
  private final List<Host> hosts;
  private final Map<Host, Process> running = new HashMap<>();
  private final Map<NodeId, Process> incarnations = new HashMap<>();

  /** Restarts what died; nothing ever happens to it. */
  private final Process supervisor = process(new Host("super", false, false, false));

  Cluster(World world, Faults faults, Database database, Defect defect) {
    this.world = world;
    this.faults = faults;
    this.network = new Network(world, faults);
    this.database = database;
    this.defect = defect;
    this.hosts = shape(world);
    hosts.forEach(this::start);
    database.onWaiting(this::strikeWhileItWaits);
  }

  /** All in one process, two of those, every role by itself, or a mixture. */
  private static List<Host> shape(World world) {
    return switch (world.dice.nextInt(4)) {
      case 0 -> List.of(new Host("all", true, true, true));
      case 1 -> List.of(new Host("all1", true, true, true), new Host("all2", true, true, true));
      case 2 ->
          List.of(
              new Host("s1", true, false, false),
              new Host("s2", true, false, false),
              new Host("w1", false, true, false),
              new Host("w2", false, true, false),
              new Host("w3", false, true, false),
              new Host("i1", false, false, true),
              new Host("i2", false, false, true));
      default ->
          List.of(
              new Host("sw", true, true, false),
              new Host("si", true, false, true),
              new Host("w1", false, true, false),
              new Host("w2", false, true, false));
    };
  }

  private Process process(Host host) {
    int number = incarnations.size() + 1;
    NodeId id = new NodeId(new UUID(0x4000, 0x8000_0000_0000_0000L | number));
    Process process = new Process(id, host, host.name() + "#" + number);
    incarnations.put(id, process);
    return process;
  }

  Process supervisor() {
    return supervisor;
  }

  private void start(Host host) {
    Process process = process(host);
    running.put(host, process);
    world.note(process, "starts");
    if (host.schedules()) {
      process.scheduler = new SchedulerRole(this, process);
    }
    if (host.transcribes()) {
      process.worker = new WorkerRole(this, process);
    }
    if (host.prepares()) {
      process.ingest = new IngestRole(this, process);
    }
    if (process.scheduler != null) {
      process.scheduler.start();
    }
    offerAgain(process);
  }

  private void offerAgain(Process process) {
    offer(process);
    world.after(process, Times.OFFER_EVERY, "offers", () -> offerAgain(process));
  }

  /** Says what {@code process} can take now, to every scheduler. */
  void offer(Process process) {
    if (process.worker != null) {
      publish(process, process.worker.offer());
    }
    if (process.ingest != null) {
      publish(process, process.ingest.offer());
    }
  }

  private void publish(Process process, Offer offer) {
    for (Process scheduler : schedulers()) {
      if (!process.dead) {
        network.offer(process, scheduler, offer);
      }
    }
  }

  void hint(Process from, Hint hint) {
    schedulers().forEach(scheduler -> network.hint(from, scheduler, hint));
  }

  /** Those that the bus knows; some may be frozen. */
  List<Process> schedulers() {
    List<Process> found = new ArrayList<>();
    for (Host host : hosts) {
      Process process = running.get(host);
      if (host.schedules() && process != null) {
        found.add(process);
      }
    }
    return found;
  }

  @Nullable Process find(NodeId id) {
    return incarnations.get(id);
  }

  @Nullable Process anyScheduler() {
    List<Process> all = schedulers();
    return all.isEmpty() ? null : all.get(world.dice.nextInt(all.size()));
  }

  /** A process that runs and is well, or null if chance picked a place where none is. */
  @Nullable Process any() {
    Process process = running.get(hosts.get(world.dice.nextInt(hosts.size())));
    return process == null || process.frozen || process.draining || process.cut ? null : process;
  }

  /** {@code process} is gone, and what it knew; another comes after {@code pause}. */
  void end(Process process, String how, long pause) {
    if (!process.dead) {
      world.note(process, how);
      process.dead = true;
      running.remove(process.host);
      world.after(supervisor, pause, "restart", () -> start(process.host));
    }
  }

  /** Between two acts a process may die, or sleep before it goes on with {@code then}. */
  void between(Process process, int oneIn, Runnable then) {
    if (faults.strikes(Fault.FREEZE, oneIn)) {
      freeze(process);
      world.post(process, "goes on", then, () -> {});
    } else if (faults.strikes(Fault.CRASH, 2 * oneIn)) {
      crash(process);
    } else {
      then.run();
    }
  }

  /** The worst moments: something is being written, and who wrote it dies or sleeps. */
  private void strikeWhileItWaits(Process process) {
    if (process == supervisor || process.dead || process.frozen) {
      return;
    }
    if (faults.strikes(Fault.FREEZE, FREEZES_WAITING)) {
      freeze(process);
    } else if (faults.strikes(Fault.CRASH, CRASHES_WAITING)) {
      crash(process);
    }
  }

  void crash(Process process) {
    end(process, "CRASHES", world.between(Times.ms(500), Times.ms(8000)));
  }

  void freeze(Process process) {
    world.note(process, "FREEZES");
    process.frozen = true;
    long howLong = world.between(Times.ms(1000), Times.ms(20_000));
    world.after(supervisor, howLong, "thaw " + process, () -> thaw(process));
  }

  private void thaw(Process process) {
    if (process.frozen) {
      process.frozen = false;
      world.wake(process);
    }
  }

  void cut(Process process) {
    world.note(process, "CUT OFF");
    process.cut = true;
    long howLong = world.between(Times.ms(1000), Times.ms(15_000));
    world.after(supervisor, howLong, "heal " + process, () -> process.cut = false);
  }

  /** Nothing is wrong any more. */
  void heal() {
    running.values().forEach(this::thaw);
    running.values().forEach(process -> process.cut = false);
    database.comeBack();
  }

  /** {@code process} takes nothing new, finishes or hands back what it has, and goes. */
  void drain(Process process) {
    world.note(process, "DRAINS");
    process.draining = true;
    if (process.scheduler != null) {
      process.scheduler.drain();
    }
    offer(process);
    world.after(process, Times.DRAIN_WITHIN * 3 / 4, "hand back", () -> handBack(process));
    world.after(process, Times.DRAIN_WITHIN, "time is up", () -> leave(process));
    leaveWhenIdle(process);
  }

  private static void handBack(Process process) {
    if (process.worker != null) {
      process.worker.handBackAll();
    }
    if (process.ingest != null) {
      process.ingest.handBackAll();
    }
  }

  private void leaveWhenIdle(Process process) {
    if (process.idle()) {
      leave(process);
    } else {
      world.after(process, Times.ms(500), "idle?", () -> leaveWhenIdle(process));
    }
  }

  private void leave(Process process) {
    Runnable gone = () -> end(process, "has left", Times.ms(1000));
    if (process.scheduler == null) {
      gone.run();
    } else {
      process.scheduler.leave(gone);
    }
  }
}
