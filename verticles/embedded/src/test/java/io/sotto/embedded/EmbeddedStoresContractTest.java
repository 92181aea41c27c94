package io.sotto.embedded;

import static io.sotto.testkit.Await.await;

import io.sotto.storage.AudioStore;
import io.sotto.storage.JobStore;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.S3AudioStore;
import io.sotto.testkit.AudioStoreContract;
import io.sotto.testkit.EndpointContract;
import io.sotto.testkit.FairOrderContract;
import io.sotto.testkit.HistoryContract;
import io.sotto.testkit.JobStoreContract;
import io.sotto.testkit.RetentionContract;
import io.sotto.testkit.ReuseContract;
import io.sotto.testkit.WebhookContract;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The stores' contracts on the embedded PostgreSQL and S3. */
class EmbeddedStoresContractTest {
  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static S3Server s3;
  private static PgJobStore jobs;
  private static S3AudioStore audio;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    postgres = PostgresServer.start(folder.resolve("pg"), Caches.folder());
    Migrations.run(postgres.options());
    jobs = PgJobStore.create(vertx, postgres.options());
    s3 = S3Server.start(folder.resolve("s3"));
    audio = S3AudioStore.create(vertx, s3.options());
    await(audio.prepare());
  }

  @AfterAll
  static void stop() {
    await(jobs.close());
    audio.close();
    await(vertx.close());
    postgres.close();
    s3.close();
  }

  @Nested
  class Jobs extends JobStoreContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class Turns extends FairOrderContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class Reuse extends ReuseContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class History extends HistoryContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class Retention extends RetentionContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class Webhooks extends WebhookContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class Endpoints extends EndpointContract {
    @Override
    protected JobStore store() {
      return jobs;
    }
  }

  @Nested
  class Audio extends AudioStoreContract {
    @Override
    protected AudioStore store() {
      return audio;
    }
  }
}
