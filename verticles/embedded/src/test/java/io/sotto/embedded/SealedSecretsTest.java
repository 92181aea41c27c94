package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.EndpointStore.NewEndpoint;
import io.sotto.storage.Migrations;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.SealingKeys;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a thief of the database finds of clients' secrets, and whether deliveries still do. */
class SealedSecretsTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final AtomicReference<SealingKeys> KEYS = new AtomicReference<>();

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static PgJobStore store;
  private static final NodeId NODE = NodeId.create();
  private static long tenant = 100;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    postgres = PostgresServer.start(folder, Caches.folder());
    Migrations.run(postgres.options());
    store = PgJobStore.create(vertx, postgres.options(), new SimpleMeterRegistry(), KEYS::get);
    await(store.register(NODE, "scheduler", "test", LONG));
  }

  @AfterAll
  static void stop() {
    await(store.close());
    await(vertx.close());
    postgres.close();
  }

  /** A tenant and keys of each test's own, and nothing left to deliver. */
  @BeforeEach
  void begin() throws SQLException {
    tenant++;
    KEYS.set(keys("k"));
    sql("update outbox set state = 'failed'; update endpoint_outbox set state = 'failed'");
  }

  private static SealingKeys keys(String... names) {
    return SealingKeys.parse(
        Arrays.stream(names)
            .map(
                name -> name + ":" + Base64.getEncoder().encodeToString(name.repeat(32).getBytes()))
            .collect(Collectors.joining(",")));
  }

  private static Connection connect() throws SQLException {
    PgOptions server = postgres.options();
    String url =
        "jdbc:postgresql://%s:%d/%s".formatted(server.host(), server.port(), server.database());
    return DriverManager.getConnection(url, server.user(), server.password());
  }

  private static void sql(String text) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

  /** Every row of this test's tenant that holds a secret, as text. */
  private static String stored() throws SQLException {
    StringBuilder all = new StringBuilder();
    for (String table : List.of("job", "webhook_endpoint")) {
      String rows = "select r::text from " + table + " r where tenant_id = " + tenant;
      try (Connection connection = connect();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(rows)) {
        while (row.next()) {
          all.append(row.getString(1)).append('\n');
        }
      }
    }
    return all.toString();
  }

  private static JobId ended() {
    JobId id = JobId.create(System.currentTimeMillis());
    TranscriptionOptions options = new TranscriptionOptions("m", "en", Task.TRANSCRIBE, null);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 100, "ab");
    String url = "https://a.example/";
    Webhook webhook = new Webhook(url, "a.example", SECRET, WebhookFormat.STANDARD);
    await(
        store.insert(
            new NewJob(id, tenant, null, "h", options, audio, null, null).withWebhook(webhook)));
    await(store.cancel(tenant, id));
    return id;
  }

  private static UUID endpoint() {
    UUID id = UUID.randomUUID();
    List<String> events = WebhookEndpoint.EVENTS;
    String url = "https://b.example/";
    NewEndpoint made = new NewEndpoint(id, tenant, null, "h", url, "b.example", events, SECRET);
    assertTrue(await(store.endpoints().create(made, 5)).isPresent());
    return id;
  }

  private static List<String> secrets() {
    return await(store.webhooks().claim(NODE, 10, Busy.NOBODY, LONG)).stream()
        .map(Delivery::webhook)
        .map(Webhook::secret)
        .toList();
  }

  @Test
  void noSecretOfAClientIsInTheDatabase() throws SQLException {
    UUID endpoint = endpoint();
    await(store.endpoints().rotate(tenant, endpoint, SECRET, LONG));
    ended();
    String stored = stored();
    assertFalse(stored.contains(SECRET.substring("whsec_".length())), stored);
    assertEquals(4, stored.split("sealed:k:", -1).length, stored);
    assertEquals(List.of(SECRET, SECRET + "," + SECRET), secrets().stream().sorted().toList());
  }

  @Test
  void whatWasStoredBeforeOrUnderAnOlderKeyIsReadOn() throws SQLException {
    KEYS.set(SealingKeys.NONE);
    endpoint();
    assertTrue(stored().contains(SECRET));
    KEYS.set(keys("k"));
    ended();
    KEYS.set(keys("n", "k"));
    assertEquals(List.of(SECRET, SECRET), secrets());
  }

  /** Whoever may write rows could have another's receiver told under a secret of his own. */
  @Test
  void aSecretThatWasMovedToAnotherRowIsNotUsed() throws SQLException {
    UUID one = endpoint();
    UUID other = endpoint();
    sql(
        "update webhook_endpoint set secret = (select secret from webhook_endpoint where id = '%s')"
                .formatted(one)
            + " where id = '%s'".formatted(other));
    ended();
    assertEquals(2, secrets().size(), "the job's own, and the one that is whole");
  }

  @Test
  void aNodeWithoutTheKeyLeavesTheDeliveryToOthers() {
    JobId job = ended();
    KEYS.set(keys("n"));
    assertEquals(List.of(), secrets());
    KEYS.set(keys("k"));
    assertEquals(1, await(store.webhooks().log(tenant, job)).size());
    assertEquals(0, await(store.webhooks().log(tenant, job)).getFirst().tries());
  }
}
