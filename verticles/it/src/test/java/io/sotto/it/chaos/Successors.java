package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Starts nodes that were ended again, in the background, and knows which are ready. */
final class Successors implements AutoCloseable {
  private static final long LOOK_EVERY_MS = 50;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Member, CompletableFuture<Void>> starting = new ConcurrentHashMap<>();

  /** {@code member} has ended; its successor comes after {@code afterMs}. */
  void of(Member member, long afterMs) {
    starting.put(member, CompletableFuture.runAsync(() -> start(member, afterMs), threads));
  }

  private static void start(Member member, long afterMs) {
    try {
      Pause.ms(afterMs);
      member.start();
      member.ready();
    } catch (Exception e) {
      throw new CompletionException(member.name() + " did not come back", e);
    }
  }

  /** Those of {@code members} that are ready; fails when one did not come back. */
  List<Member> ready(List<Member> members) {
    List<Member> ready = new ArrayList<>();
    for (Member member : members) {
      CompletableFuture<Void> start = starting.get(member);
      if (start == null) {
        ready.add(member);
      } else if (start.isDone()) {
        start.join();
        ready.add(member);
      }
    }
    return ready;
  }

  /** Waits until {@code count} of {@code members} are ready; gives all that are. */
  List<Member> await(int count, List<Member> members) {
    List<Member> ready = ready(members);
    while (ready.size() < count) {
      Pause.ms(LOOK_EVERY_MS);
      ready = ready(members);
    }
    return ready;
  }

  @Override
  public void close() {
    threads.close();
  }
}
