package io.sotto.it.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A house under a load that fills it, whose texts are known: what a study opens, does its faults
 * to, and has judged in the end.
 */
final class Trial implements AutoCloseable {
  private static final int SOUNDS = 4;
  private static final long SETTLE_MS = 300_000;

  /** Until chunks wait at all times. */
  private static final double FILLED_S = 20;

  /** Long enough for their preparing to be little beside the transcribing. */
  private static final int BURSTS = 40;

  private final Recorder recorder;
  private final House house;
  private final Client client;
  private final Load load;
  private final Throughput throughput;
  private final Checker checker = new Checker();
  private final Set<String> exits = new HashSet<>();

  private Trial(Recorder recorder, House house, Client client, Throughput throughput) {
    this.recorder = recorder;
    this.house = house;
    this.client = client;
    this.throughput = throughput;
    this.load = new Load(client, recorder, sounds());
  }

  private static List<Sound> sounds() {
    List<Sound> sounds = new ArrayList<>();
    for (int number = 0; number < SOUNDS; number++) {
      sounds.add(Sound.of(number, BURSTS));
    }
    return List.copyOf(sounds);
  }

  /** Opens a house of {@code size} in {@code folder} and learns what every recording must say. */
  static Trial open(Path folder, House.Size size) throws Exception {
    Recorder recorder = Recorder.open(folder.resolve("facts.txt"));
    try {
      Throughput throughput = new Throughput();
      House house = House.open(folder, size, throughput);
      Trial trial = new Trial(recorder, house, new Client(house::urls, recorder), throughput);
      trial.learn();
      return trial;
    } catch (Exception e) {
      recorder.close();
      throw e;
    }
  }

  private void learn() throws Exception {
    try {
      for (Sound sound : sounds()) {
        Recorder.Asked one = load.one(sound);
        checker.learn(one, client.chunks(one));
      }
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  House house() {
    return house;
  }

  Throughput throughput() {
    return throughput;
  }

  /** Starts {@code clients}, which is to be more than the workers can keep up with. */
  void start(int clients) {
    load.start(clients, 1);
    pass(FILLED_S);
  }

  /** Lets {@code seconds} pass; gives them as a span. Who ended by itself meanwhile is noted. */
  Throughput.Span pass(double seconds) {
    long from = System.nanoTime();
    Pause.ms((long) (seconds * 1000));
    noteExits();
    return new Throughput.Span(from, System.nanoTime());
  }

  private void noteExits() {
    List<Member> members = new ArrayList<>(house.fronts());
    members.addAll(house.workers());
    members.stream()
        .filter(member -> !member.alive() && exits.add(member.name()))
        .forEach(member -> recorder.surprise(member.name() + " ended by itself"));
  }

  /** Processes that ended though nobody ended them. */
  int exits() {
    return exits.size();
  }

  void fault(String what) {
    recorder.fault(what);
  }

  /** Jobs that clients were told had failed. */
  long failed() {
    return recorder.all().stream().filter(one -> one.state().equals("failed")).count();
  }

  /** Lets the load end and judges what is left. */
  Checker.Verdict end() throws Exception {
    load.stop(SETTLE_MS);
    noteExits();
    return checker.judge(recorder, house.database());
  }

  @Override
  public void close() throws IOException {
    client.close();
    house.close();
    recorder.close();
  }
}
