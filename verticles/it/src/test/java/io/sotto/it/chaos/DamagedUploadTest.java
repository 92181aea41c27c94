package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.embedded.S3Server;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.SottoException;
import io.sotto.storage.AudioFetcher;
import io.sotto.storage.S3AudioStore;
import io.sotto.storage.S3Options;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bit that turns on the way to the audio store: refused there, and never stored. */
class DamagedUploadTest {
  private static final int BYTES = 40_000;
  private static final int FLIP_EVERY_BYTES = 60_000;
  private static final int PUTS = 12;
  private static final long MIB = 1 << 20;

  @TempDir private Path folder;

  @Test
  void aDamagedUploadIsNotStored() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (S3Server server = S3Server.start(folder);
        FaultProxy proxy = FaultProxy.open(URI.create(server.options().endpoint()).getPort())) {
      S3AudioStore store = S3AudioStore.create(vertx, through(proxy, server.options()));
      AudioFetcher fetcher = AudioFetcher.create(vertx);
      await(store.prepare());
      proxy.set(new Fault.FlipSent(FLIP_EVERY_BYTES));
      int refused = 0;
      for (int seq = 0; seq < PUTS; seq++) {
        byte[] bytes = new byte[BYTES];
        new Random(seq).nextBytes(bytes);
        AudioKey key = AudioKey.chunk(new ChunkId(JobId.create(1), seq));
        StoredAudio stored = storedOrNull(store, key, bytes);
        if (stored == null) {
          refused++;
        } else {
          String url = store.presignGet(key, Duration.ofMinutes(1));
          proxy.heal();
          assertArrayEquals(bytes, await(fetcher.fetch(url, stored.sha256(), MIB)));
          proxy.set(new Fault.FlipSent(FLIP_EVERY_BYTES));
        }
      }
      assertTrue(refused > 0 && refused < PUTS, refused + " were refused");
      store.close();
    } finally {
      await(vertx.close());
    }
  }

  private static StoredAudio storedOrNull(S3AudioStore store, AudioKey key, byte[] bytes)
      throws Exception {
    try {
      return await(store.put(key, bytes));
    } catch (java.util.concurrent.ExecutionException e) {
      assertEquals(FailureCode.STORE_DOWN, SottoException.of(e.getCause()).code());
      return null;
    }
  }

  private static S3Options through(FaultProxy proxy, S3Options to) {
    return new S3Options(
        "http://127.0.0.1:" + proxy.port(),
        to.region(),
        to.bucket(),
        to.accessKey(),
        to.secretKey(),
        to.pathStyle());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
