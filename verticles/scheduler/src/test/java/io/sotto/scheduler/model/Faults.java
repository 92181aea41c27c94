package io.sotto.scheduler.model;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Which faults a seed may meet, when they strike, and how often they did. */
final class Faults {
  /** One seed in so many meets nothing worse than disorder and doubles. */
  private static final int GENTLE = 8;

  private final World world;
  private final Set<Fault> armed = EnumSet.noneOf(Fault.class);
  private final Map<Fault, Integer> struck = new EnumMap<>(Fault.class);
  private int harms;

  Faults(World world) {
    this.world = world;
    boolean gentle = world.oneIn(GENTLE);
    for (Fault fault : Fault.values()) {
      if (fault.harms() ? !gentle && world.oneIn(2) : world.dice.nextBoolean()) {
        armed.add(fault);
      }
    }
  }

  boolean armed(Fault fault) {
    return armed.contains(fault) && !world.calm();
  }

  /** Whether {@code fault} strikes now, as it does one time in {@code oneIn}. */
  boolean strikes(Fault fault, int oneIn) {
    boolean strikes = armed(fault) && world.oneIn(oneIn);
    if (strikes) {
      struck(fault);
    }
    return strikes;
  }

  void struck(Fault fault) {
    struck.merge(fault, 1, Integer::sum);
    harms += fault.harms() ? 1 : 0;
  }

  Map<Fault, Integer> struck() {
    return struck;
  }

  /** How often somebody's work may have been lost for no fault of its own. */
  int harms() {
    return harms;
  }
}
