package io.sotto.embedded;

import static io.sotto.testkit.Await.await;

import io.sotto.storage.AudioStore;
import io.sotto.storage.JobStore;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3AudioStore;
import io.sotto.storage.S3Options;
import io.sotto.testkit.AudioStoreContract;
import io.sotto.testkit.EndpointContract;
import io.sotto.testkit.FairOrderContract;
import io.sotto.testkit.HistoryContract;
import io.sotto.testkit.JobStoreContract;
import io.sotto.testkit.RetentionContract;
import io.sotto.testkit.ReuseContract;
import io.sotto.testkit.WebhookContract;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** The stores' contracts on PostgreSQL and MinIO as operators run them, where there is Docker. */
@EnabledIf(
    value = "dockerAnswers",
    disabledReason = "no Docker here: PostgreSQL and MinIO in containers were not tried")
class ContainerStoresContractTest {
  private static final String SECRET = "a-secret-for-tests";
  private static final int POSTGRES_PORT = 5432;
  private static final int MINIO_PORT = 9000;

  private static Vertx vertx;
  private static GenericContainer<?> postgres;
  private static GenericContainer<?> minio;
  private static PgJobStore jobs;
  private static S3AudioStore audio;

  static boolean dockerAnswers() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    postgres =
        new GenericContainer<>("postgres:18")
            .withEnv("POSTGRES_PASSWORD", SECRET)
            .withExposedPorts(POSTGRES_PORT)
            .waitingFor(Wait.forLogMessage(".*ready to accept connections.*\\n", 2));
    minio =
        new GenericContainer<>("minio/minio")
            .withEnv("MINIO_ROOT_USER", "sotto")
            .withEnv("MINIO_ROOT_PASSWORD", SECRET)
            .withCommand("server", "/data")
            .withExposedPorts(MINIO_PORT)
            .waitingFor(Wait.forHttp("/minio/health/ready").forPort(MINIO_PORT));
    postgres.start();
    minio.start();
    PgOptions pg =
        new PgOptions(
            postgres.getHost(),
            postgres.getMappedPort(POSTGRES_PORT),
            "postgres",
            "postgres",
            SECRET,
            8,
            "disable");
    Migrations.run(pg);
    jobs = PgJobStore.create(vertx, pg);
    String endpoint = "http://" + minio.getHost() + ":" + minio.getMappedPort(MINIO_PORT);
    audio =
        S3AudioStore.create(
            vertx, new S3Options(endpoint, "us-east-1", "sotto", "sotto", SECRET, true));
    await(audio.prepare());
  }

  @AfterAll
  static void stop() {
    if (vertx != null) {
      await(vertx.close());
      postgres.stop();
      minio.stop();
    }
  }

  @Test
  void dockerIsThere() {
    await(jobs.check());
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
