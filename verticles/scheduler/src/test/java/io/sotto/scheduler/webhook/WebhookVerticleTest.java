package io.sotto.scheduler.webhook;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.EndpointStore.NewEndpoint;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookSecret;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.State;
import io.sotto.storage.WebhookStore.Try;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deliveries from an outbox in memory, whose clock the tests move, to servers on this machine. */
class WebhookVerticleTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SPREAD = Duration.ofHours(3);
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final FakeJobStore jobs = new FakeJobStore();
  private final NodeId node = NodeId.create();
  private final Receiver receiver = new Receiver(vertx);

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private WebhookVerticle start(boolean allowPrivate, Duration timeout, int... ports) {
    return start(node, allowPrivate, timeout, ports);
  }

  private WebhookVerticle start(NodeId node, boolean allowPrivate, Duration timeout, int... ports) {
    Set<Integer> allowed = new HashSet<>(Set.of(receiver.port()));
    for (int port : ports) {
      allowed.add(port);
    }
    WebhookOptions options =
        new WebhookOptions(
            WebhookSecret.parseAll(SECRET),
            new UrlGuard.Policy(true, allowPrivate, allowed),
            "",
            RetriesTest.WAITS,
            timeout,
            6,
            2,
            3,
            Duration.ofMillis(50));
    await(jobs.register(node, "scheduler", "test", LONG));
    WebhookVerticle verticle =
        new WebhookVerticle(options, node, bus, jobs, new SimpleMeterRegistry());
    await(vertx.deployVerticle(verticle));
    return verticle;
  }

  /** A job that has ended, with a webhook at {@code host}. */
  private JobId ended(String host, int port) {
    return ended(1, host, port);
  }

  private JobId ended(long tenant, String host, int port) {
    JobId id = JobId.create(System.currentTimeMillis());
    String url = "http://" + host + ":" + port + "/" + id;
    TranscriptionOptions options = new TranscriptionOptions("base", "en", Task.TRANSCRIBE, null);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 100, "ab");
    await(
        jobs.insert(
            new NewJob(id, tenant, null, "h", options, audio, null, null)
                .withWebhook(new Webhook(url, host, null, WebhookFormat.STANDARD))));
    await(jobs.cancel(tenant, id));
    bus.publish(Addresses.HINTS, new JobChanged(id, JobState.CANCELLED));
    return id;
  }

  private JobId ended() {
    return ended("127.0.0.1", receiver.port());
  }

  private Entry entry(JobId job, Predicate<Entry> right) {
    return until(
            () -> jobs.webhooks().log(1, job), log -> !log.isEmpty() && right.test(log.getFirst()))
        .getFirst();
  }

  private static Predicate<Entry> in(State state) {
    return entry -> entry.state() == state;
  }

  @Test
  void aJobThatEndsIsToldOnce() throws Exception {
    start(true, Duration.ofSeconds(10));
    JobId job = ended();
    JsonObject body = receiver.next().body().toJsonObject();
    assertEquals("transcription.cancelled", body.getString("type"));
    assertEquals(job.toString(), body.getJsonObject("data").getString("id"));
    Entry entry = entry(job, in(State.DELIVERED));
    assertEquals(1, entry.log().size());
    assertEquals(204, entry.log().getFirst().answer().status());
    assertEquals(0, receiver.waiting());
  }

  @Test
  void aReceiverThatIsDownIsToldUnderTheSameIdForThreeDays() throws Exception {
    for (int i = 0; i < 9; i++) {
      receiver.then(i % 2 == 0 ? 500 : 503);
    }
    start(true, Duration.ofSeconds(10));
    JobId job = ended();
    Set<String> ids = new HashSet<>();
    for (int tries = 1; tries <= 10; tries++) {
      ids.add(receiver.next().headers().get("webhook-id"));
      int made = tries;
      Entry entry = entry(job, e -> e.tries() == made);
      assertEquals(tries == 10 ? State.DELIVERED : State.PENDING, entry.state());
      if (tries < 10) {
        jobs.webhooks().advance(RetriesTest.WAITS.get(tries - 1).plus(SPREAD));
      }
    }
    assertEquals(1, ids.size());
    List<Integer> statuses =
        entry(job, in(State.DELIVERED)).log().stream().map(t -> t.answer().status()).toList();
    assertEquals(List.of(500, 503, 500, 503, 500, 503, 500, 503, 500, 204), statuses);
  }

  @Test
  void afterTenTriesItIsGivenUpAndMayBeReplayed() throws Exception {
    for (int i = 0; i < 10; i++) {
      receiver.then(404);
    }
    start(true, Duration.ofSeconds(10));
    JobId job = ended();
    String id = "";
    for (int tries = 1; tries <= 10; tries++) {
      id = receiver.next().headers().get("webhook-id");
      int made = tries;
      entry(job, e -> e.tries() == made);
      jobs.webhooks().advance(Duration.ofDays(2));
    }
    assertEquals(State.FAILED, entry(job, e -> e.tries() == 10).state());
    assertEquals(1, await(jobs.webhooks().replay(1, job)));
    assertEquals(id, receiver.next().headers().get("webhook-id"));
    assertEquals(11, entry(job, in(State.DELIVERED)).log().size());
  }

  @Test
  void goneIsForGood() throws Exception {
    receiver.then(410);
    start(true, Duration.ofSeconds(10));
    JobId job = ended();
    receiver.next();
    assertEquals(410, entry(job, in(State.DISABLED)).log().getFirst().answer().status());
    jobs.webhooks().advance(Duration.ofDays(30));
    JobId next = ended();
    assertTrue(receiver.next().path().contains(next.toString()), "and not the first again");
  }

  @Test
  void anInnerAddressIsFinal() {
    start(false, Duration.ofSeconds(10));
    for (String host : List.of("127.0.0.1", "localhost")) {
      Entry entry = entry(ended(host, receiver.port()), in(State.FAILED));
      assertEquals("refused", entry.log().getFirst().answer().error());
      assertEquals(1, entry.log().size());
    }
    assertEquals(0, receiver.connections.get());
  }

  @Test
  void slowReceiversDelayOnlyTheirOwn() throws Exception {
    Receiver slow = new Receiver(vertx);
    for (int i = 0; i < 40; i++) {
      slow.then(request -> {});
    }
    start(true, Duration.ofMinutes(2), slow.port()); // the slow are given up long after the end
    List<JobId> stuck = Stream.generate(() -> ended("localhost", slow.port())).limit(20).toList();
    List<JobId> fast = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      fast.add(ended());
    }
    fast.forEach(job -> entry(job, in(State.DELIVERED)));
    slow.next();
    slow.next();
    assertEquals(2, slow.connections.get(), "no more than may be at one host");
    for (JobId job : stuck) {
      assertEquals(List.<Try>of(), await(jobs.webhooks().log(1, job)).getFirst().log());
    }
  }

  /** Its other receivers wait, although they are at hosts that have room. */
  @Test
  void oneTenantsReceiversDelayOnlyItsOwn() throws Exception {
    Receiver slow = new Receiver(vertx);
    for (int i = 0; i < 40; i++) {
      slow.then(request -> {});
    }
    start(true, Duration.ofSeconds(20), slow.port());
    for (String host : List.of("localhost", "localhost", "127.0.0.1")) {
      ended(1, host, slow.port());
      slow.next();
    }
    JobId waiting = ended();
    JobId other = ended(2, "127.0.0.1", receiver.port());
    assertTrue(receiver.next().path().contains(other.toString()));
    assertEquals(List.<Try>of(), await(jobs.webhooks().log(1, waiting)).getFirst().log());
    assertEquals(3, slow.connections.get());
  }

  private UUID registered(String... events) {
    UUID id = UUID.randomUUID();
    String url = "http://127.0.0.1:" + receiver.port() + "/registered";
    NewEndpoint made = new NewEndpoint(id, 1, null, "h", url, "127.0.0.1", List.of(events), SECRET);
    assertTrue(await(jobs.endpoints().create(made, 10)).orElseThrow().created());
    return id;
  }

  private static String signed(Receiver.Got got, String secret) {
    String id = got.headers().get("webhook-id");
    long time = Long.parseLong(got.headers().get("webhook-timestamp"));
    return WebhookSecret.parseAll(secret).getFirst().sign(id, time, got.body().getBytes());
  }

  @Test
  void aRegisteredEndpointIsToldUnderItsSecretAndTheOneBefore() throws Exception {
    start(true, Duration.ofSeconds(10));
    UUID id = registered("transcription.cancelled");
    String newer = WebhookSecret.generate();
    await(jobs.endpoints().rotate(1, id, newer, Duration.ofHours(24)));
    JobId job = ended("localhost", receiver.port());
    Map<String, Receiver.Got> got = new HashMap<>();
    for (int i = 0; i < 2; i++) {
      Receiver.Got one = receiver.next();
      got.put(one.path(), one);
    }
    Receiver.Got told = got.get("/registered");
    assertEquals(job.toString(), told.body().toJsonObject().getJsonObject("data").getString("id"));
    assertEquals(
        signed(told, newer) + " " + signed(told, SECRET), told.headers().get("webhook-signature"));
    until(
        () -> jobs.webhooks().log(1, job),
        log -> log.stream().filter(in(State.DELIVERED)).count() == 2);
  }

  @Test
  void anEndpointThatIsGoneIsDisabled() throws Exception {
    receiver.then(410);
    start(true, Duration.ofSeconds(10));
    UUID id = registered("transcription.cancelled");
    await(jobs.endpoints().test(1, id));
    assertEquals("test", receiver.next().body().toJsonObject().getString("type"));
    until(() -> jobs.endpoints().find(1, id), found -> found.orElseThrow().gone());
  }

  @Test
  void aTestIsTriedOnce() throws Exception {
    receiver.then(503);
    start(true, Duration.ofSeconds(10));
    UUID id = registered("transcription.completed");
    await(jobs.endpoints().test(1, id));
    Receiver.Got got = receiver.next();
    assertEquals(signed(got, SECRET), got.headers().get("webhook-signature"));
    assertEquals(
        id.toString(), got.body().toJsonObject().getJsonObject("data").getString("endpoint"));
    Entry tried =
        until(() -> jobs.endpoints().deliveries(1, id, State.FAILED, 5), sent -> !sent.isEmpty())
            .getFirst()
            .entry();
    assertEquals(503, tried.log().getFirst().answer().status());
    assertTrue(found(id).enabled());
  }

  private WebhookEndpoint found(UUID id) {
    return await(jobs.endpoints().find(1, id)).orElseThrow();
  }

  @Test
  void whatADeadNodeHadInHandIsDeliveredUnderTheSameId() throws Exception {
    NodeId dead = NodeId.create();
    await(jobs.register(dead, "scheduler", "test", LONG));
    JobId job = ended();
    String id = await(jobs.webhooks().claim(dead, 1, Busy.NOBODY, LONG)).getFirst().id();
    start(true, Duration.ofSeconds(10));
    JobId other = ended();
    assertTrue(receiver.next().path().contains(other.toString()), "the first is leased");
    jobs.webhooks().advance(LONG);
    assertEquals(id, receiver.next().headers().get("webhook-id"));
    entry(job, in(State.DELIVERED));
  }

  @Test
  void schedulersTellEachEventOnceBetweenThem() throws Exception {
    for (int i = 0; i < 3; i++) {
      start(NodeId.create(), true, Duration.ofSeconds(10));
    }
    List<JobId> told = Stream.generate(this::ended).limit(40).toList();
    told.forEach(job -> assertEquals(1, entry(job, in(State.DELIVERED)).log().size()));
    Set<String> ids = new HashSet<>();
    for (JobId job : told) {
      assertTrue(ids.add(receiver.next().headers().get("webhook-id")), job::toString);
    }
    assertEquals(0, receiver.waiting());
  }

  @Test
  void aDrainedNodeTakesNothingMore() {
    WebhookVerticle verticle = start(true, Duration.ofSeconds(10));
    await(verticle.drain(Duration.ofSeconds(5)));
    JobId job = ended();
    assertEquals(State.PENDING, entry(job, in(State.PENDING)).state());
    assertEquals(1, await(jobs.webhooks().claim(node, 5, Busy.NOBODY, LONG)).size());
    assertEquals(0, receiver.connections.get());
  }

  @Test
  void aDrainWaitsForWhatIsOnItsWay() throws Exception {
    List<Runnable> answers = new ArrayList<>();
    receiver.then(request -> answers.add(() -> request.response().setStatusCode(200).end()));
    WebhookVerticle verticle = start(true, Duration.ofSeconds(10));
    JobId job = ended();
    receiver.next();
    Future<Void> drained = verticle.drain(Duration.ofSeconds(15));
    vertx.runOnContext(on -> answers.getFirst().run());
    await(drained);
    assertEquals(State.DELIVERED, entry(job, e -> true).state());
  }
}
