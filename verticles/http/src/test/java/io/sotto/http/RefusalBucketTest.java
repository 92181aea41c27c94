package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Twenty at once, then one every three seconds, each address for itself. */
class RefusalBucketTest {
  private long now;

  @Test
  void itEmptiesAndFills() {
    RefusalBucket bucket = new RefusalBucket(() -> now);
    for (int i = 0; i < RefusalBucket.REFUSALS_MAX; i++) {
      assertEquals(0, bucket.take("a"));
    }
    assertEquals(3, bucket.take("a"));
    assertEquals(0, bucket.take("b"));
    now = TimeUnit.SECONDS.toNanos(2);
    assertEquals(1, bucket.take("a"));
    now = TimeUnit.SECONDS.toNanos(3);
    assertEquals(0, bucket.take("a"));
    assertEquals(3, bucket.take("a"));
  }
}
