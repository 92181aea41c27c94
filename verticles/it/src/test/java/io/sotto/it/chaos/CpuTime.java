package io.sotto.it.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Processor time of processes, in milliseconds, as proc(5) counts it in clock ticks of 10 ms. */
final class CpuTime {
  private static final long MS_PER_TICK = 10;
  private static final int UTIME = 11;
  private static final int CUTIME = 13;

  private CpuTime() {}

  /** Of this process alone. */
  static long ms(long pid) throws IOException {
    return sum(pid, UTIME, CUTIME);
  }

  /** Of this process, its children, and those of them that have ended. */
  static long familyMs(long pid) throws IOException {
    long all = sum(pid, UTIME, CUTIME + 2);
    ProcessHandle self = ProcessHandle.of(pid).orElseThrow();
    for (ProcessHandle child : self.children().toList()) {
      all += ms(child.pid());
    }
    return all;
  }

  /** Fields {@code from} to before {@code to} of those behind the name, which may hold spaces. */
  private static long sum(long pid, int from, int to) throws IOException {
    String stat;
    try {
      stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    } catch (NoSuchFileException ended) {
      return 0;
    }
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long ticks = 0;
    for (int i = from; i < to; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return ticks * MS_PER_TICK;
  }
}
