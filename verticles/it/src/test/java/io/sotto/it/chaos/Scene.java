package io.sotto.it.chaos;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A house at work within a study: its clients, who reads its log, and the judgement at the end. */
final class Scene implements AutoCloseable {
  private static final int SOUNDS = 8;
  private static final long SETTLE_MS = 180_000;

  private final LeaseWatch watch = new LeaseWatch();
  private final Tally tally = new Tally();
  private final Checker checker = new Checker();
  private final Recorder recorder;
  private final House house;
  private final Membership membership;
  private final Client client;
  private final Load load;
  private final Consumer<String> out;

  private Scene(Path folder, House.Size size, Ground ground, Consumer<String> out)
      throws Exception {
    this.out = out;
    recorder = Recorder.open(folder.resolve("facts.txt"));
    house = House.open(folder, size, ground, watch.andThen(tally));
    membership = new Membership(house);
    client = new Client(this::urls, recorder);
    load = new Load(client, recorder, Sound.several(SOUNDS));
  }

  /** Returns when every node is ready and every text is learnt. */
  static Scene open(Path folder, House.Size size, Ground ground, Consumer<String> out)
      throws Exception {
    Scene scene = new Scene(folder, size, ground, out);
    try {
      scene.learn();
      return scene;
    } catch (InterruptedException | RuntimeException | Error e) {
      scene.close();
      throw e;
    }
  }

  private void learn() throws InterruptedException {
    for (Sound sound : Sound.several(SOUNDS)) {
      Recorder.Asked one = load.one(sound);
      checker.learn(one, client.chunks(one));
    }
    tell("the house stands, texts are learnt");
  }

  void start(int clients) {
    load.start(clients, 1);
  }

  private List<URI> urls() {
    return house.fronts().stream()
        .filter(Member::alive)
        .flatMap(front -> front.url().stream())
        .map(URI::create)
        .toList();
  }

  House house() {
    return house;
  }

  LeaseWatch watch() {
    return watch;
  }

  Tally tally() {
    return tally;
  }

  Membership membership() {
    return membership;
  }

  /** Into the facts and onto the screen. */
  void tell(String what) {
    recorder.fault(what);
    out.accept(what);
  }

  /** Lets the clients end, and compares what they were told with what is there. */
  Checker.Verdict judge() throws Exception {
    long settledMs = load.stop(SETTLE_MS);
    tell("the last open job ended after " + Percentile.seconds(settledMs));
    house.members().stream()
        .filter(member -> !member.alive())
        .forEach(member -> recorder.surprise(member.name() + " ended by itself"));
    return checker.judge(recorder, house.database());
  }

  /** The last line of every table. */
  static Outcome.Figure violations(Checker.Verdict verdict) {
    return verdict.figure(verdict.acked() + " jobs acknowledged");
  }

  @Override
  public void close() throws IOException {
    client.close();
    membership.close();
    house.close();
    recorder.close();
  }
}
