package io.sotto.node;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** The memory of the machine, or of the container that is the machine for this process. */
final class MachineMemory {
  /** What is assumed where the JVM cannot tell: enough for one small model. */
  private static final long UNKNOWN_BYTES = 2L << 30;

  private MachineMemory() {}

  /** In bytes, at least 1. */
  static long bytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
            && machine.getTotalMemorySize() > 0
        ? machine.getTotalMemorySize()
        : UNKNOWN_BYTES;
  }
}
