package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.SottoException;
import io.sotto.storage.AudioFetcher;
import io.sotto.storage.AudioStore;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.file.OpenOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every audio store promises, its presigned URLs read as workers read them. */
public abstract class AudioStoreContract {
  private static final Duration TTL = Duration.ofMinutes(1);
  private static final int MIB = 1 << 20;
  private static final long CLOCKS_APART_S = 60;
  private static Vertx vertx;
  private static AudioFetcher fetcher;
  @TempDir private Path folder;
  private final JobId job = JobId.create(System.currentTimeMillis());

  protected abstract AudioStore store();

  @BeforeAll
  static void open() {
    vertx = Vertx.vertx();
    fetcher = AudioFetcher.create(vertx);
  }

  @AfterAll
  static void close() {
    await(vertx.close());
  }

  private static byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    new Random(bytes).nextBytes(noise);
    return noise;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Streams a file into the store on an event loop, as an upload does. */
  private Future<StoredAudio> stream(AudioKey key, byte[] bytes, long bytesMax) throws IOException {
    Path file = Files.write(folder.resolve("upload"), bytes);
    Promise<StoredAudio> stored = Promise.promise();
    vertx.runOnContext(
        on ->
            vertx
                .fileSystem()
                .open(file.toString(), new OpenOptions().setWrite(false))
                .compose(source -> store().put(key, source.pause(), bytesMax))
                .onComplete(stored));
    return stored.future();
  }

  private byte[] fetch(AudioKey key, String sha256) {
    return await(fetcher.fetch(store().presignGet(key, TTL), sha256, 64L * MIB));
  }

  private void assertMissing(AudioKey key) {
    SottoException e = assertThrows(SottoException.class, () -> fetch(key, "00"));
    assertEquals(FailureCode.AUDIO_MISSING, e.code());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, MIB, 8 * MIB, 8 * MIB + 1, 21 * MIB})
  void aStreamIsStoredWhole(int size) throws IOException {
    byte[] bytes = noise(size);
    AudioKey key = AudioKey.upload(job);
    StoredAudio stored = await(stream(key, bytes, 64L * MIB));
    assertEquals(new StoredAudio(key, size, sha256(bytes)), stored);
    assertArrayEquals(bytes, fetch(key, stored.sha256()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1001, 9 * MIB, 20 * MIB})
  void aStreamBeyondTheLimitLeavesNothing(int size) throws IOException {
    AudioKey key = AudioKey.upload(job);
    Future<StoredAudio> refused = stream(key, noise(size), size - 1);
    SottoException e = assertThrows(SottoException.class, () -> await(refused));
    assertEquals(FailureCode.TOO_LARGE, e.code());
    assertMissing(key);
  }

  @Test
  void anObjectOfOthersIsCopiedAndMeasured() {
    byte[] body = new byte[9 * MIB];
    new Random(4).nextBytes(body);
    AudioKey theirs = new AudioKey("inbox/" + job);
    StoredAudio stored = await(store().put(theirs, body));
    AudioKey ours = AudioKey.upload(job);
    assertEquals(
        new StoredAudio(ours, body.length, stored.sha256()), copied(theirs.value(), ours, 9 * MIB));
    SottoException large =
        assertThrows(SottoException.class, () -> copied(theirs.value(), ours, body.length - 1));
    assertEquals(FailureCode.TOO_LARGE, large.code());
    SottoException none =
        assertThrows(SottoException.class, () -> copied("inbox/none-" + job, ours, 1));
    assertEquals(FailureCode.AUDIO_MISSING, none.code());
    await(store().delete(theirs));
    await(store().delete(ours));
  }

  private StoredAudio copied(String from, AudioKey to, long bytesMax) {
    Promise<StoredAudio> done = Promise.promise();
    vertx.runOnContext(on -> store().copy(from, to, bytesMax).onComplete(done));
    return await(done.future());
  }

  @Test
  void chunksAreReadBackAndCleanedByPrefix() {
    for (int seq = 0; seq < 5; seq++) {
      AudioKey key = AudioKey.chunk(new ChunkId(job, seq));
      byte[] bytes = noise(1000 + seq);
      assertEquals(
          new StoredAudio(key, bytes.length, sha256(bytes)), await(store().put(key, bytes)));
      assertArrayEquals(bytes, fetch(key, sha256(bytes)));
    }
    assertEquals(5, await(store().deleteAll(AudioKey.chunkPrefix(job))));
    assertEquals(0, await(store().deleteAll(AudioKey.chunkPrefix(job))));
    assertMissing(AudioKey.chunk(new ChunkId(job, 0)));
  }

  @Test
  void objectsAreListedInOrderPageByPage() {
    Instant before = Instant.now().minusSeconds(CLOCKS_APART_S);
    for (int seq : new int[] {2, 0, 1}) {
      await(store().put(AudioKey.chunk(new ChunkId(job, seq)), noise(10 + seq)));
    }
    String prefix = AudioKey.chunkPrefix(job);
    AudioStore.Listing first = await(store().list(prefix, "", 2));
    assertEquals(
        List.of(10L, 11L), first.objects().stream().map(AudioStore.Listed::bytes).toList());
    assertTrue(first.more());
    assertTrue(first.objects().getFirst().modified().isAfter(before));
    String last = first.objects().getLast().key();
    assertEquals(AudioKey.chunk(new ChunkId(job, 1)).value(), last);
    AudioStore.Listing second = await(store().list(prefix, last, 2));
    assertEquals(
        List.of(AudioKey.chunk(new ChunkId(job, 2)).value()),
        second.objects().stream().map(AudioStore.Listed::key).toList());
    assertFalse(second.more());
    assertEquals(
        new AudioStore.Listing(List.of(), false),
        await(store().list(AudioKey.upload(job).value(), "", 1)));
  }

  @Test
  void deletingTwiceIsDeleting() {
    AudioKey key = AudioKey.upload(job);
    await(store().put(key, noise(10)));
    await(store().delete(key));
    await(store().delete(key));
    assertMissing(key);
  }

  @Test
  void anotherObjectThanTheOneStoredIsFound() {
    AudioKey key = AudioKey.upload(job);
    await(store().put(key, noise(10)));
    SottoException e = assertThrows(SottoException.class, () -> fetch(key, sha256(noise(11))));
    assertEquals(FailureCode.AUDIO_CORRUPT, e.code());
  }

  @Test
  void anObjectIsDownloadedToAFile() throws IOException {
    AudioKey key = AudioKey.upload(job);
    byte[] bytes = noise(3 * MIB);
    await(store().put(key, bytes));
    Path file = folder.resolve("download");
    await(fetcher.download(store().presignGet(key, TTL), file, 4L * MIB, null));
    assertArrayEquals(bytes, Files.readAllBytes(file));
    SottoException e =
        assertThrows(
            SottoException.class,
            () ->
                await(
                    fetcher.download(
                        store().presignGet(key, TTL), folder.resolve("small"), MIB, null)));
    assertEquals(FailureCode.TOO_LARGE, e.code());
  }

  @Test
  void aDownloadThatIsNotWhatWasStoredIsRefused() {
    AudioKey key = AudioKey.upload(job);
    byte[] bytes = noise(MIB);
    await(store().put(key, bytes));
    String url = store().presignGet(key, TTL);
    await(fetcher.download(url, folder.resolve("right"), MIB, sha256(bytes)));
    SottoException e =
        assertThrows(
            SottoException.class,
            () -> await(fetcher.download(url, folder.resolve("wrong"), MIB, sha256(noise(9)))));
    assertEquals(FailureCode.AUDIO_CORRUPT, e.code());
  }

  /** Its length is known: a header that was damaged on the way is no reason to give it up. */
  @Test
  void aKnownObjectOfAnotherLengthIsDamagedNotTooLarge() {
    AudioKey key = AudioKey.upload(job);
    byte[] bytes = noise(MIB);
    await(store().put(key, bytes));
    String url = store().presignGet(key, TTL);
    SottoException file =
        assertThrows(
            SottoException.class,
            () -> await(fetcher.download(url, folder.resolve("long"), MIB - 1L, sha256(bytes))));
    assertEquals(FailureCode.AUDIO_CORRUPT, file.code());
    SottoException chunk =
        assertThrows(
            SottoException.class, () -> await(fetcher.fetch(url, sha256(bytes), MIB - 1L)));
    assertEquals(FailureCode.AUDIO_CORRUPT, chunk.code());
  }

  @Test
  void aReaderOnAnyThreadGetsEveryByte() {
    AudioKey key = AudioKey.upload(job);
    byte[] bytes = noise(MIB + 77);
    await(store().put(key, bytes));
    for (int i = 0; i < 60; i++) {
      assertArrayEquals(bytes, fetch(key, sha256(bytes)), "read " + i);
    }
  }

  @Test
  void itSaysThatItAnswers() {
    await(store().check());
  }
}
