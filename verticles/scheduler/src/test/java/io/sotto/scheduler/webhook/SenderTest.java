package io.sotto.scheduler.webhook;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.JobId;
import io.sotto.protocol.net.NameResolver;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookSecret;
import io.sotto.storage.WebhookStore.Delivery;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One try, against real servers on this machine and names that mean what a test says. */
class SenderTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String NEWER = "whsec_" + "Q".repeat(64);
  private static final Buffer BODY = Buffer.buffer("{\"a\":1}");
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
  private static final String HOST = "hooks.example";
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private static NameResolver names(String... addresses) {
    return host ->
        Future.succeededFuture(Arrays.stream(addresses).map(InetAddress::ofLiteral).toList());
  }

  private static WebhookOptions options(UrlGuard.Policy policy, Duration timeout) {
    return new WebhookOptions(
        WebhookSecret.parseAll(NEWER + "," + SECRET),
        policy,
        "",
        List.of(),
        timeout,
        4,
        2,
        4,
        Duration.ofSeconds(1));
  }

  private Sender sender(int port, NameResolver names, Duration timeout) {
    UrlGuard.Policy open = new UrlGuard.Policy(true, true, Set.of(port));
    return new Sender(options(open, timeout), names, post(), () -> NOW);
  }

  private Post post() {
    return new HttpPost(vertx, new HttpClientOptions(), 2);
  }

  private static Delivery to(String url, @Nullable String secret, WebhookFormat format) {
    JobId job = JobId.create(0);
    Webhook webhook = new Webhook(url, HOST, secret, format);
    return new Delivery("msg_1", job, 1, "transcription.completed", 1, 0, webhook, null);
  }

  private static Delivery to(int port) {
    return to("http://" + HOST + ":" + port + "/a?b=c", null, WebhookFormat.STANDARD);
  }

  @Test
  void itConnectsToWhatWasCheckedAndSignsWhatItSends() throws Exception {
    Receiver receiver = new Receiver(vertx);
    Sender sender = sender(receiver.port(), names("127.0.0.1"), Duration.ofSeconds(10));
    Reply reply = await(sender.send(to(receiver.port()), BODY));
    assertTrue(reply.delivered(), reply::toString);
    assertEquals(204, reply.answer().status());
    Receiver.Got got = receiver.next();
    assertEquals("/a?b=c", got.path());
    assertEquals(HOST + ":" + receiver.port(), got.headers().get("host"));
    assertEquals("application/json", got.headers().get("content-type"));
    assertEquals("msg_1", got.headers().get("webhook-id"));
    assertEquals("1700000000", got.headers().get("webhook-timestamp"));
    assertEquals(BODY, got.body());
    assertEquals(
        hmac(NEWER) + " " + hmac(SECRET), got.headers().get("webhook-signature"), "both sign");
  }

  /** Computed by itself, from what the specification says. */
  private static String hmac(String secret) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(6)), "HmacSHA256"));
    byte[] signed = ("msg_1.1700000000." + BODY).getBytes(StandardCharsets.UTF_8);
    return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed));
  }

  @Test
  void aSecretOfItsOwnSignsAlone() throws Exception {
    Receiver receiver = new Receiver(vertx);
    Sender sender = sender(receiver.port(), names("127.0.0.1"), Duration.ofSeconds(10));
    String url = "http://" + HOST + ":" + receiver.port();
    await(sender.send(to(url, SECRET, WebhookFormat.CALLBACK), BODY));
    assertEquals(hmac(SECRET), receiver.next().headers().get("webhook-signature"));
  }

  @Test
  void theOperatorsSecretIsTheOneOfTheMoment() throws Exception {
    Receiver receiver = new Receiver(vertx);
    UrlGuard.Policy open = new UrlGuard.Policy(true, true, Set.of(receiver.port()));
    AtomicReference<String> now = new AtomicReference<>(SECRET);
    WebhookOptions following =
        new WebhookOptions(
            () -> WebhookSecret.parseAll(now.get()),
            open,
            "",
            List.of(),
            Duration.ofSeconds(10),
            4,
            2,
            4,
            Duration.ofSeconds(1));
    Sender sender = new Sender(following, names("127.0.0.1"), post(), () -> NOW);
    for (String secret : List.of(SECRET, NEWER)) {
      now.set(secret);
      await(sender.send(to(receiver.port()), BODY));
      assertEquals(hmac(secret), receiver.next().headers().get("webhook-signature"));
    }
  }

  @Test
  void withoutASecretOnlyACallbackGoesOut() throws Exception {
    Receiver receiver = new Receiver(vertx);
    UrlGuard.Policy open = new UrlGuard.Policy(true, true, Set.of(receiver.port()));
    WebhookOptions unsigned =
        new WebhookOptions(
            List.of(), open, "", List.of(), Duration.ofSeconds(10), 4, 2, 4, Duration.ofSeconds(1));
    Sender sender = new Sender(unsigned, names("127.0.0.1"), post(), () -> NOW);
    Reply refused = await(sender.send(to(receiver.port()), BODY));
    assertEquals("unsigned", refused.answer().error());
    assertFalse(refused.fatal(), "an operator may set it");
    String url = "http://" + HOST + ":" + receiver.port();
    assertTrue(await(sender.send(to(url, null, WebhookFormat.CALLBACK), BODY)).delivered());
    assertNull(receiver.next().headers().get("webhook-signature"));
    assertEquals(0, receiver.waiting());
  }

  /** The name leads outside when it is checked, and inside when a second look would be taken. */
  @Test
  void aNameThatChangesItsMeaningReachesNothingInside() {
    Receiver inner = new Receiver(vertx);
    Queue<String> answers = new ArrayDeque<>();
    AtomicInteger asked = new AtomicInteger();
    NameResolver flips =
        host -> {
          asked.incrementAndGet();
          return names(answers.remove().split(",")).resolve(host);
        };
    AtomicInteger outside = new AtomicInteger();
    Post real = post();
    Post watched =
        parcel -> {
          if (parcel.to().isLoopbackAddress()) {
            return real.post(parcel);
          }
          outside.incrementAndGet();
          return Future.succeededFuture(new Post.Status(204, null));
        };
    UrlGuard.Policy strict = new UrlGuard.Policy(false, false, Set.of(inner.port()));
    Sender sender = new Sender(options(strict, Duration.ofSeconds(10)), flips, watched, () -> NOW);
    String url = "https://rebind.example:" + inner.port() + "/";
    Delivery delivery = to(url, null, WebhookFormat.STANDARD);
    answers.addAll(List.of("8.8.8.8", "127.0.0.1", "8.8.8.8,127.0.0.1", "::1", "8.8.8.8"));
    for (boolean passes : new boolean[] {true, false, false, false, true}) {
      Reply reply = await(sender.send(delivery, BODY));
      assertEquals(passes, reply.delivered(), reply::toString);
      assertEquals(!passes, reply.fatal());
    }
    assertEquals(5, asked.get(), "one look a try");
    assertEquals(2, outside.get());
    assertEquals(0, inner.connections.get());
  }

  @Test
  void aRefusedAddressIsToldInWords() {
    UrlGuard.Policy strict = UrlGuard.Policy.STRICT;
    Sender sender =
        new Sender(
            options(strict, Duration.ofSeconds(1)), names("169.254.169.254"), post(), () -> NOW);
    Reply reply = await(sender.send(to("https://a.example/", null, WebhookFormat.STANDARD), BODY));
    assertEquals("refused", reply.answer().error());
    assertTrue(String.valueOf(reply.answer().reason()).contains("(link-local)"), reply::toString);
    assertTrue(reply.fatal());
  }

  @Test
  void aRedirectIsNotFollowed() throws Exception {
    Receiver other = new Receiver(vertx);
    Receiver receiver = new Receiver(vertx);
    receiver.then(
        request ->
            request
                .response()
                .setStatusCode(302)
                .putHeader("Location", "http://127.0.0.1:" + other.port() + "/")
                .end());
    Sender sender = sender(receiver.port(), names("127.0.0.1"), Duration.ofSeconds(10));
    Reply reply = await(sender.send(to(receiver.port()), BODY));
    assertEquals(302, reply.answer().status());
    assertEquals("redirect", reply.answer().error());
    receiver.next();
    assertEquals(0, other.connections.get());
  }

  @Test
  void aReceiverThatSaysNothingIsLeft() {
    Receiver receiver = new Receiver(vertx).then(request -> {});
    Sender sender = sender(receiver.port(), names("127.0.0.1"), Duration.ofMillis(300));
    Reply reply = await(sender.send(to(receiver.port()), BODY));
    assertEquals("timeout", reply.answer().error());
    assertTrue(reply.answer().ms() >= 250 && reply.answer().ms() < 5_000, reply::toString);
    assertFalse(reply.fatal());
  }

  @Test
  void aNameThatIsNotAnsweredIsLeftToo() {
    Sender sender = sender(443, host -> Future.future(never -> {}), Duration.ofMillis(100));
    Reply reply = await(sender.send(to("https://a.example/", null, WebhookFormat.STANDARD), BODY));
    assertEquals("timeout", reply.answer().error());
  }

  @Test
  void anAnswerWithoutEndCountsByItsStatus() {
    Receiver receiver =
        new Receiver(vertx)
            .then(
                request -> {
                  request.response().setStatusCode(200).setChunked(true);
                  request.response().write("x".repeat(1 << 20));
                });
    Sender sender = sender(receiver.port(), names("127.0.0.1"), Duration.ofSeconds(10));
    assertTrue(await(sender.send(to(receiver.port()), BODY)).delivered());
  }

  @Test
  void nobodyThereAndNoSuchName() throws Exception {
    int port;
    // taken, so that nobody else gets it, and not listened on
    try (Socket bound = new Socket()) {
      bound.bind(new InetSocketAddress("127.0.0.1", 0));
      port = bound.getLocalPort();
      Reply refused =
          await(sender(port, names("127.0.0.1"), Duration.ofSeconds(5)).send(to(port), BODY));
      assertEquals("connect", refused.answer().error());
    }
    NameResolver none = host -> Future.failedFuture(new UnknownHostException(host));
    Reply unknown = await(sender(port, none, Duration.ofSeconds(5)).send(to(port), BODY));
    assertEquals("dns", unknown.answer().error());
  }

  @Test
  void aCertificateMustBeForTheNameThatWasAskedFor(@TempDir Path folder) throws Exception {
    Path store = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                ("%s -genkeypair -alias a -keyalg EC -dname CN=x -ext san=dns:%s -storetype PKCS12"
                        + " -storepass password -keystore %s")
                    .formatted(
                        Path.of(System.getProperty("java.home"), "bin", "keytool"), HOST, store)
                    .split(" "))
            .inheritIO()
            .start();
    assertTrue(keytool.waitFor(60, TimeUnit.SECONDS));
    PfxOptions keys = new PfxOptions().setPath(store.toString()).setPassword("password");
    Receiver receiver =
        new Receiver(vertx, new HttpServerOptions().setSsl(true).setKeyCertOptions(keys));
    UrlGuard.Policy open = new UrlGuard.Policy(false, true, Set.of(receiver.port()));
    HttpClientOptions trusting = new HttpClientOptions().setTrustOptions(keys);
    Post post = new HttpPost(vertx, trusting, 2);
    Sender sender =
        new Sender(options(open, Duration.ofSeconds(10)), names("127.0.0.1"), post, () -> NOW);
    String right = "https://" + HOST + ":" + receiver.port() + "/";
    Reply trusted = await(sender.send(to(right, null, WebhookFormat.STANDARD), BODY));
    assertTrue(trusted.delivered(), trusted::toString);
    assertEquals(HOST + ":" + receiver.port(), receiver.next().headers().get("host"));
    String wrong = "https://other.example:" + receiver.port() + "/";
    Reply other = await(sender.send(to(wrong, null, WebhookFormat.STANDARD), BODY));
    assertEquals("tls", other.answer().error(), other::toString);
    Sender strange =
        new Sender(options(open, Duration.ofSeconds(10)), names("127.0.0.1"), post(), () -> NOW);
    Reply unknown = await(strange.send(to(right, null, WebhookFormat.STANDARD), BODY));
    assertEquals("tls", unknown.answer().error(), unknown::toString);
  }
}
