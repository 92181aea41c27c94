package io.sotto.node.model;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A model hub on loopback with one model: lists it, redirects to a second host for files, and fails
 * as it is told.
 */
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private final Path folder;
  private final HttpServer hub = server();
  private final HttpServer files = server();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Every request, as {@code HOST FILE RANGE AUTHORIZATION}, "-" for none. */
  final ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();

  /** Files to cut off after so many bytes, each once. */
  final Map<String, Integer> cuts = new ConcurrentHashMap<>();

  /** Files that arrive with one byte changed, each once. */
  final Map<String, Boolean> damages = new ConcurrentHashMap<>();

  /** Answers of the listing before the good one. */
  final ConcurrentLinkedQueue<Integer> refusals = new ConcurrentLinkedQueue<>();

  volatile Predicate<String> hangs = file -> false;
  volatile boolean ranges = true;

  FakeHub(Path folder) {
    this.folder = folder;
    hub.createContext("/api/models/", this::list);
    hub.createContext("/acme/", this::redirect);
    files.createContext("/", this::file);
    for (HttpServer server : List.of(hub, files)) {
      server.setExecutor(threads);
      server.start();
    }
  }

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  private void note(String host, HttpExchange exchange, String file) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    seen.add(
        host
            + " "
            + file
            + " "
            + (range == null ? "-" : range)
            + " "
            + (token == null ? "-" : token));
  }

  private void list(HttpExchange exchange) throws IOException {
    note("hub", exchange, exchange.getRequestURI().toString());
    Integer refusal = refusals.poll();
    boolean known = exchange.getRequestURI().getPath().contains("/acme/whisper-tiny/");
    if (refusal != null || !known) {
      exchange.sendResponseHeaders(refusal == null ? 404 : refusal, -1);
      exchange.close();
      return;
    }
    List<String> siblings = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.sorted().toList()) {
        siblings.add(sibling(file));
      }
    }
    String json =
        "{\"sha\":\"%s\",\"tags\":[\"license:apache-2.0\"],\"siblings\":[%s]}"
            .formatted(COMMIT, String.join(",", siblings));
    answer(exchange, 200, json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static String sibling(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String name = file.getFileName().toString();
    byte[] head = ("blob " + bytes.length + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    String blob = digest("SHA-1", head, bytes);
    String lfs =
        name.endsWith(".safetensors")
            ? ",\"lfs\":{\"sha256\":\"" + digest("SHA-256", bytes) + "\"}"
            : "";
    return "{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\"%s}"
        .formatted(name, bytes.length, blob, lfs);
  }

  private static String digest(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      Arrays.stream(parts).forEach(digest::update);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void redirect(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String file = path.substring(path.lastIndexOf('/') + 1);
    note("hub", exchange, file);
    exchange
        .getResponseHeaders()
        .set("Location", "http://127.0.0.1:" + files.getAddress().getPort() + "/" + file);
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  private void file(HttpExchange exchange) throws IOException {
    String name = exchange.getRequestURI().getPath().substring(1);
    note("files", exchange, name);
    if (hangs.test(name)) {
      exchange.sendResponseHeaders(200, Files.size(folder.resolve(name)));
      exchange.getResponseBody().write(0);
      exchange.getResponseBody().flush();
      return; // and never another byte
    }
    byte[] bytes = Files.readAllBytes(folder.resolve(name));
    if (damages.remove(name) != null) {
      bytes[bytes.length / 2] ^= 1;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = 0;
    if (range != null && ranges) {
      from = Integer.parseInt(range.replaceAll("\\D", ""));
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
    }
    Integer cut = cuts.remove(name);
    byte[] rest = Arrays.copyOfRange(bytes, from, bytes.length);
    if (cut == null) {
      answer(exchange, from > 0 ? 206 : 200, rest);
      return;
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, rest.length);
    exchange.getResponseBody().write(rest, 0, cut);
    exchange.getResponseBody().flush();
    exchange.close();
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    files.stop(0);
    threads.shutdownNow();
  }
}
