package io.sotto.scheduler.model;

/**
 * A task that is run again and again and never overlaps itself; it may wait for the store in the
 * middle. Whoever asks for a round during one gets it right after.
 */
final class Round {
  /** Calls {@code ended} when it is over, whatever came of it. */
  interface Body {
    void run(Runnable ended);
  }

  private final World world;
  private final Process owner;
  private final String name;
  private final long every;
  private final Body body;
  private boolean running;
  private boolean wanted;
  private boolean stopped;
  private int armed;

  Round(World world, Process owner, String name, long every, Body body) {
    this.world = world;
    this.owner = owner;
    this.name = name;
    this.every = every;
    this.body = body;
  }

  void soon() {
    wanted = true;
    if (!running && !stopped) {
      running = true;
      wanted = false;
      armed++;
      body.run(this::ended);
    }
  }

  void stop() {
    stopped = true;
  }

  private void ended() {
    running = false;
    armed++;
    int mine = armed;
    world.after(owner, wanted ? 0 : every, name, () -> mine == armed && !stopped, this::soon);
  }
}
