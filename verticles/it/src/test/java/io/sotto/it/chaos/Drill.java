package io.sotto.it.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A house with clients at work on it, for studies that choose their faults themselves: opened with
 * every recording's text learnt, then under load, then judged.
 */
final class Drill implements AutoCloseable {
  private static final int SOUNDS = 8;
  private static final long SETTLE_MS = 180_000;

  private final Path folder;
  private final Recorder recorder;
  private final House house;
  private final Client client;
  private final Load load;
  private final Checker checker = new Checker();

  /** What a study needs: how large a house, with which settings, and who hears its lines. */
  record Setting(House.Size size, Map<String, String> settings, Consumer<String> ear) {}

  private Drill(Path folder, Recorder recorder, House house, Map<String, String> fields) {
    this.folder = folder;
    this.recorder = recorder;
    this.house = house;
    this.client = new Client(house::urls, recorder, fields);
    this.load = new Load(client, recorder, Sound.several(SOUNDS));
  }

  /** {@code fields} come with every upload. Returns when each recording was transcribed once. */
  static Drill open(Path folder, Setting setting, Map<String, String> fields) throws Exception {
    Recorder recorder = Recorder.open(folder.resolve("facts.txt"));
    House house = House.open(folder, setting.size, setting.settings, setting.ear);
    Drill drill = new Drill(folder, recorder, house, fields);
    try {
      drill.learn();
      return drill;
    } catch (Exception e) {
      drill.close();
      throw e;
    }
  }

  private void learn() throws InterruptedException {
    for (Sound sound : Sound.several(SOUNDS)) {
      Recorder.Asked one = load.one(sound);
      checker.learn(one, client.chunks(one));
    }
  }

  /** Hands in a recording that must fail, and returns when it has. */
  Recorder.Asked doomed(Sound sound) throws InterruptedException {
    checker.doomed(sound);
    return load.one(sound);
  }

  /** {@code seed} says which client asks for what. */
  void load(int clients, long seed) {
    load.start(clients, seed);
  }

  House house() {
    return house;
  }

  Recorder recorder() {
    return recorder;
  }

  /** Lets clients ask for nothing more, waits for what is open, and compares. */
  Checker.Verdict judge() throws Exception {
    load.stop(SETTLE_MS);
    Checker.Verdict verdict = checker.judge(recorder, house.database());
    Files.write(folder.resolve("findings.txt"), verdict.findings());
    return verdict;
  }

  /** The figure that every study ends with. */
  static Outcome.Figure promises(int faults, Checker.Verdict verdict) {
    return verdict.figure(faults + " faults, " + verdict.acked() + " jobs");
  }

  @Override
  public void close() throws IOException {
    client.close();
    house.close();
    recorder.close();
  }
}
