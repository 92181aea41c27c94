package io.sotto.it.chaos;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What memory the nodes of a house take, looked at every second: resident, and Java's heap. */
final class MemoryWatch implements AutoCloseable {
  private static final long LOOK_EVERY_MS = 1_000;
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final String RESIDENT = "VmRSS:";
  private static final String HEAP = "jvm_memory_used_bytes{area=\"heap\"";
  private static final int BITS_PER_MIB = 20;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Member> members;
  private final Map<String, Peak> peaks = new LinkedHashMap<>();
  private final Thread looking;
  private volatile boolean closed;

  /** MiB: resident when the watch began and at most, and the heap at most. */
  record Peak(long before, long resident, long heap) {
    private Peak with(long residentNow, long heapNow) {
      return new Peak(before, Math.max(resident, residentNow), Math.max(heap, heapNow));
    }

    double growth() {
      return (double) resident / Math.max(1, before);
    }
  }

  MemoryWatch(List<Member> members) {
    this.members = members;
    look();
    looking = Thread.ofVirtual().start(this::lookAgain);
  }

  private void lookAgain() {
    while (!closed) {
      Pause.ms(LOOK_EVERY_MS);
      look();
    }
  }

  private void look() {
    for (Member member : members) {
      try {
        saw(member.name(), resident(member.pid()), heap(member));
      } catch (IOException busyOrGone) {
        // the next look will tell
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized void saw(String name, long resident, long heap) {
    peaks.merge(
        name, new Peak(resident, resident, heap), (known, now) -> known.with(resident, heap));
  }

  private static long resident(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith(RESIDENT))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(0);
  }

  private long heap(Member member) throws IOException, InterruptedException {
    URI metrics = URI.create(member.management().orElseThrow(IOException::new) + "/metrics");
    HttpRequest request = HttpRequest.newBuilder(metrics).timeout(ANSWER).build();
    return (long)
            http.send(request, BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(HEAP))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum()
        >> BITS_PER_MIB;
  }

  /** By the name of each node. */
  synchronized Map<String, Peak> peaks() {
    return new LinkedHashMap<>(peaks);
  }

  @Override
  public void close() {
    closed = true;
    looking.interrupt();
    http.shutdownNow();
  }
}
