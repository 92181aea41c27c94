package io.sotto.it.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Takes the webhooks of a trial and knows under which ids each job was told. */
final class Receiver implements AutoCloseable {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, List<String>> told = new ConcurrentHashMap<>();

  private Receiver(HttpServer server) {
    this.server = server;
  }

  static Receiver open() throws IOException {
    var here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Receiver receiver = new Receiver(HttpServer.create(here, 0));
    receiver.server.createContext("/", receiver::take);
    receiver.server.setExecutor(receiver.threads);
    receiver.server.start();
    return receiver;
  }

  private void take(HttpExchange post) throws IOException {
    String id = post.getRequestHeaders().getFirst("webhook-id");
    String job = JSON.readTree(post.getRequestBody()).path("data").path("id").asText();
    told.merge(
        job,
        List.of(id),
        (before, more) -> {
          List<String> all = new ArrayList<>(before);
          all.addAll(more);
          return List.copyOf(all);
        });
    post.sendResponseHeaders(204, -1);
    post.close();
  }

  private int port() {
    return server.getAddress().getPort();
  }

  /** What nodes must be set to for this receiver to be spoken to. */
  Map<String, String> settings() {
    return Map.of(
        "SOTTO_WEBHOOKS_SECRET",
        SECRET,
        "SOTTO_WEBHOOKS_ALLOW_HTTP",
        "true",
        "SOTTO_WEBHOOKS_ALLOW_PRIVATE",
        "true",
        "SOTTO_WEBHOOKS_PORTS",
        Integer.toString(port()));
  }

  /** What an upload must say to be told of here. */
  Map<String, String> fields() {
    return Map.of("webhook_url", "http://127.0.0.1:" + port() + "/ended");
  }

  /** The ids of all that came for {@code job}, one a delivery. */
  List<String> ids(String job) {
    return told.getOrDefault(job, List.of());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
