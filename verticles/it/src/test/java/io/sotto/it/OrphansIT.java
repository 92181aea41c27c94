package io.sotto.it;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.embedded.EmbeddedStores;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.scheduler.SchedulerOptions;
import io.sotto.scheduler.SchedulerOptions.Retention;
import io.sotto.scheduler.SchedulerVerticle;
import io.sotto.storage.AuditLog;
import io.sotto.storage.FsckAudio;
import io.sotto.storage.Migrations;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.RetentionStore.Usual;
import io.sotto.storage.RetentionStore.Witness;
import io.sotto.storage.S3AudioStore;
import io.sotto.storage.StoredAudio;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scheduler on a real database and a real bucket, in which an upload lies whose node died. */
class OrphansIT {
  private static final Duration SOON = Duration.ofMillis(1);
  @TempDir private Path data;

  private static List<String> orphans(EmbeddedStores stores, S3AudioStore audio) {
    return FsckAudio.check(stores.postgres(), audio, true, 20, Instant.now().plusSeconds(60))
        .violations()
        .stream()
        .map(violation -> violation.object())
        .toList();
  }

  @Test
  void anUploadWithoutAJobIsToldOfAndThenDeletedAndOneWithAJobIsNot() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (EmbeddedStores stores =
        EmbeddedStores.open(data, Recordings.HOME.resolve("target/cache"))) {
      Migrations.run(stores.postgres());
      PgJobStore jobs = PgJobStore.create(vertx, stores.postgres());
      S3AudioStore audio = S3AudioStore.create(vertx, stores.s3());
      await(audio.prepare());
      AudioKey lost = AudioKey.upload(JobId.create(System.currentTimeMillis()));
      await(audio.put(lost, new byte[9]));
      JobId job = JobId.create(System.currentTimeMillis());
      StoredAudio stored = await(audio.put(AudioKey.upload(job), new byte[9]));
      TranscriptionOptions options = new TranscriptionOptions("m", "en", Task.TRANSCRIBE, null);
      await(jobs.insert(new NewJob(job, 1, null, "h", options, stored, null, null)));
      assertEquals(List.of(lost.value()), orphans(stores, audio));
      // seen before, as it would be a day ago
      List<String> keys = List.of(lost.value(), stored.key().value());
      until(() -> jobs.retention().metOrphans(keys, SOON), due -> due.size() == keys.size());
      Retention retention =
          new Retention(Usual.ALL, SOON, Duration.ofHours(1), new Witness("node-1"));
      SchedulerVerticle scheduler =
          new SchedulerVerticle(
              SchedulerOptions.of("scheduler", "test").withRetention(retention),
              NodeId.create(),
              ClusterBus.open(vertx),
              jobs,
              audio,
              new SimpleMeterRegistry());
      await(
          vertx.deployVerticle(
              scheduler, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD)));
      until(() -> audio.list(lost.value(), "", 1), found -> found.objects().isEmpty());
      assertEquals(1, await(audio.list(stored.key().value(), "", 1)).objects().size());
      assertEquals(List.of(), orphans(stores, audio));
      await(scheduler.drain(Duration.ofSeconds(1)));
      AuditLog.Line written = AuditLog.newest(stores.postgres(), 1).getFirst();
      assertEquals("orphans.deleted", written.action());
      assertEquals(lost.value(), written.subject());
      assertTrue(await(jobs.find(1, job)).isPresent());
      audio.close();
      await(jobs.close());
    } finally {
      await(vertx.close());
    }
  }
}
