package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.YamlConfigBuilder;
import com.sun.net.httpserver.HttpServer;
import io.sotto.node.SottoNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that knows nothing of ours but docs/bus.md joins the cluster and uses its bus. */
class BusIT {
  /** A name of this process alone: another build on this machine is another cluster. */
  private static final String CLUSTER = "bus-it-" + ProcessHandle.current().pid();

  private static final int TIMES = 6;
  private static final long PATIENCE_S = 120;
  @TempDir private Path data;
  private final BlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
  private final List<JsonObject> changes = new ArrayList<>();
  private final Map<Integer, String> texts = new TreeMap<>();

  private static Future<Vertx> join(
      String hazelcastYaml, String clusterName, String host, int port, List<String> nodes)
      throws IOException {
    Config hazelcast = new YamlConfigBuilder(hazelcastYaml).build().setClusterName(clusterName);
    NetworkConfig network = hazelcast.getNetworkConfig().setPort(port).setPublicAddress(host);
    network.getInterfaces().setEnabled(true).addInterface(host);
    network.getJoin().getTcpIpConfig().setMembers(nodes);
    return Vertx.builder()
        .with(new VertxOptions().setEventBusOptions(new EventBusOptions().setHost(host)))
        .withClusterManager(new HazelcastClusterManager(hazelcast))
        .buildClustered();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(PATIENCE_S, TimeUnit.SECONDS);
  }

  private static HttpServer recordings(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    return server;
  }

  private SottoNode node(HttpServer recordings) throws Exception {
    return Nodes.start(
        data,
        Map.of(
            "bus.public",
            "true",
            "cluster.name",
            CLUSTER,
            "http.fetch-from",
            "any",
            "http.fetch-ports",
            String.valueOf(recordings.getAddress().getPort())));
  }

  private void listen(Vertx application) throws Exception {
    for (String address : List.of("sotto.v1.changed", "sotto.v1.partial")) {
      await(
          application
              .eventBus()
              .<JsonObject>consumer(address, message -> heard.add(message.body()))
              .completion());
    }
  }

  private static JsonObject ask(Vertx application, String address, JsonObject body)
      throws Exception {
    return await(application.eventBus().<JsonObject>request(address, body).map(Message::body));
  }

  /** Hears of {@code job} until it has ended; texts come before the step that they make. */
  private JsonObject follow(String job) throws InterruptedException {
    while (true) {
      JsonObject event = heard.poll(PATIENCE_S, TimeUnit.SECONDS);
      assertNotNull(event, "nothing more is heard");
      if (!event.getString("id").equals(job)) {
        continue;
      }
      if (event.containsKey("seq")) {
        assertTrue(texts.put(event.getInteger("seq"), event.getString("text")) == null);
        continue;
      }
      changes.add(event);
      if (List.of("completed", "failed", "cancelled").contains(event.getString("status"))) {
        return event;
      }
    }
  }

  @Test
  void anApplicationSubmitsHearsReadsAndCancels() throws Exception {
    HttpServer server = recordings(Recordings.repeated(data.resolve("talk.wav"), TIMES, 765));
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/talk.wav";
    String yaml = Recordings.HOME.resolve("cluster-config/hazelcast.yaml").toString();
    try (SottoNode node = node(server)) {
      Vertx application = await(join(yaml, CLUSTER, "127.0.0.1", 16701, List.of("127.0.0.1")));
      try {
        listen(application);
        JsonObject wish = new JsonObject().put("url", url).put("language", "en");
        String job = ask(application, "sotto.v1.submit", wish).getString("id");
        JsonObject end = follow(job);
        assertEquals("completed", end.getString("status"), end::encode);
        // what its row says when it is read, which may be the step after
        String first = changes.getFirst().getString("status");
        assertTrue(List.of("accepted", "preparing").contains(first), first);
        List<Integer> progress = changes.stream().map(c -> c.getInteger("progress")).toList();
        assertTrue(progress.stream().anyMatch(p -> p > 0 && p < 100), progress::toString);

        int chunks = end.getJsonObject("chunks").getInteger("total");
        assertTrue(chunks >= 2, end::encode);
        assertEquals(chunks, texts.size());
        JsonObject read = ask(application, "sotto.v1.status", new JsonObject().put("id", job));
        assertEquals(read.getString("text"), String.join("", texts.values()).strip());
        assertEquals(
            (Recordings.JFK_WORDS + " ").repeat(TIMES).strip(),
            Recordings.words(read.getString("text")));
        Api api = new Api(node.url());
        assertEquals(read.getString("text"), api.job(job).path("text").asText());

        String second = ask(application, "sotto.v1.submit", wish).getString("id");
        ask(application, "sotto.v1.cancel", new JsonObject().put("id", second));
        assertEquals("cancelled", follow(second).getString("status"));
        assertEquals("cancelled", api.job(second).path("status").asText());
      } finally {
        await(application.close());
      }
    } finally {
      server.stop(0);
    }
  }

  /** The lines of the page are those that join here. */
  @Test
  void thePageShowsHowToJoin() throws IOException {
    String page = Files.readString(Recordings.HOME.resolve("docs/bus.md"));
    String shown = page.replaceAll("(?s).*```java\n(.*?)```.*", "$1");
    Path source = Recordings.HOME.resolve("verticles/it/src/test/java/io/sotto/it/BusIT.java");
    String squeezed = Files.readString(source).replaceAll("\\s+", "");
    assertTrue(squeezed.contains(shown.replaceAll("\\s+", "")), shown);
  }
}
