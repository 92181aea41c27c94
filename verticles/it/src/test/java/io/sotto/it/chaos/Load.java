package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Clients that go on asking, each for one job after the other, until they are told to stop. */
final class Load {
  private static final long SUBMIT_PATIENCE_MS = 120_000;
  private static final long LOOK_EVERY_MS = 150;

  /** One in so many is uploaded a second time under its key. */
  private static final int REPEATED = 8;

  private final Client client;
  private final Recorder recorder;
  private final List<Sound> sounds;
  private final List<Thread> clients = new ArrayList<>();
  private volatile boolean stopping;
  private volatile boolean givenUp;

  Load(Client client, Recorder recorder, List<Sound> sounds) {
    this.client = client;
    this.recorder = recorder;
    this.sounds = sounds;
  }

  void start(int count, long seed) {
    for (int i = 0; i < count; i++) {
      Random choice = new Random(seed * 31 + i);
      clients.add(Thread.ofVirtual().start(() -> ask(choice)));
    }
  }

  private void ask(Random choice) {
    try {
      while (!stopping) {
        Recorder.Asked one = one(sounds.get(choice.nextInt(sounds.size())));
        if (one.acked() && choice.nextInt(REPEATED) == 0) {
          client.repeat(one);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One job, from its upload to its end. */
  Recorder.Asked one(Sound sound) throws InterruptedException {
    Recorder.Asked one = recorder.asks(UUID.randomUUID().toString(), sound);
    client.submit(one, SUBMIT_PATIENCE_MS);
    while (one.acked() && !one.ended() && !givenUp) {
      Pause.ms(LOOK_EVERY_MS);
      client.look(one);
    }
    return one;
  }

  /**
   * Asks for nothing more and waits for what is open, {@code patienceMs} at most; gives how long
   * that took.
   */
  long stop(long patienceMs) throws InterruptedException {
    stopping = true;
    long begun = System.nanoTime();
    for (Thread one : clients) {
      long spentMs = (System.nanoTime() - begun) / 1_000_000;
      one.join(Math.max(1, patienceMs - spentMs));
    }
    givenUp = true;
    return (System.nanoTime() - begun) / 1_000_000;
  }
}
