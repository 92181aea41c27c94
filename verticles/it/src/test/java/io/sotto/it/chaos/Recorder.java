package io.sotto.it.chaos;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What clients asked for and were told, one fact a line, never changed: the only witness against
 * the cluster that is not part of it.
 */
final class Recorder implements AutoCloseable {
  private final BufferedWriter facts;
  private final ConcurrentMap<String, Asked> asked = new ConcurrentHashMap<>();
  private final List<String> surprises = new ArrayList<>();

  /** A request by its idempotency key, and what was said to it so far. */
  static final class Asked {
    private final String key;
    private final Sound sound;
    private volatile String id = "";
    private volatile long ackedNanos;
    private volatile long endedNanos;
    private volatile String state = "";
    private volatile String text = "";

    private Asked(String key, Sound sound) {
      this.key = key;
      this.sound = sound;
    }

    String key() {
      return key;
    }

    Sound sound() {
      return sound;
    }

    /** Empty until a server has taken it on. */
    String id() {
      return id;
    }

    boolean acked() {
      return !id.isEmpty();
    }

    long ackedNanos() {
      return ackedNanos;
    }

    boolean ended() {
      return !state.isEmpty();
    }

    long endedNanos() {
      return endedNanos;
    }

    String state() {
      return state;
    }

    String text() {
      return text;
    }
  }

  private Recorder(BufferedWriter facts) {
    this.facts = facts;
  }

  static Recorder open(Path file) throws IOException {
    return new Recorder(Files.newBufferedWriter(file));
  }

  Asked asks(String key, Sound sound) {
    Asked one = new Asked(key, sound);
    asked.put(key, one);
    write("asked key=" + key + " sound=" + sound.number());
    return one;
  }

  /** A server answered with {@code id} and {@code status}; another id than before is a surprise. */
  void acked(Asked one, String id, int status) {
    write("acked key=" + one.key + " id=" + id + " status=" + status);
    if (one.acked() && !one.id.equals(id)) {
      surprise("key " + one.key + " was acknowledged as " + one.id + " and as " + id);
    }
    if (!one.acked()) {
      one.ackedNanos = System.nanoTime();
      one.id = id;
    }
  }

  void ended(Asked one, String state, String text) {
    write("ended key=" + one.key + " id=" + one.id + " state=" + state + " text=" + text);
    one.endedNanos = System.nanoTime();
    one.text = text;
    one.state = state;
  }

  void fault(String what) {
    write("fault " + what);
  }

  /** Something that no fault excuses. */
  void surprise(String what) {
    write("surprise " + what);
    synchronized (surprises) {
      surprises.add(what);
    }
  }

  List<String> surprises() {
    synchronized (surprises) {
      return List.copyOf(surprises);
    }
  }

  List<Asked> all() {
    return List.copyOf(asked.values());
  }

  private void write(String fact) {
    try {
      synchronized (facts) {
        facts.write(Instant.now() + " " + fact);
        facts.newLine();
        facts.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    facts.close();
  }
}
