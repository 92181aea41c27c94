package io.sotto.it.chaos;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Counts, from what nodes say, the chunks that a node which left gave back unfinished. */
final class DrainWatch implements Consumer<String> {
  private static final String HANDED_BACK = "chunk ended code=draining";
  private final AtomicInteger handedBack = new AtomicInteger();

  @Override
  public void accept(String line) {
    if (line.contains(HANDED_BACK)) {
      handedBack.incrementAndGet();
    }
  }

  int handedBack() {
    return handedBack.get();
  }
}
