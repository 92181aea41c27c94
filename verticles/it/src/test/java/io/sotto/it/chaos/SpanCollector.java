package io.sotto.it.chaos;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/** Takes spans by OTLP over HTTP, as protobuf, and keeps of them what tests look at. */
final class SpanCollector implements AutoCloseable {
  private final HttpServer server;
  private final List<Told> spans = new ArrayList<>();
  private final List<String> bodies = new ArrayList<>();

  /** A span; {@code parent} is empty for the first of a trace. Values of other types are texts. */
  record Told(String trace, String id, String parent, String name, Map<String, String> attributes) {
    /** From begin to end, in ms. */
    double ms() {
      return Double.parseDouble(attributes.get("(ms)"));
    }
  }

  private SpanCollector(HttpServer server) {
    this.server = server;
  }

  static SpanCollector open() throws IOException {
    var here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    SpanCollector collector = new SpanCollector(HttpServer.create(here, 0));
    collector.server.createContext("/v1/traces", collector::take);
    collector.server.start();
    return collector;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void take(HttpExchange post) throws IOException {
    boolean packed = "gzip".equals(post.getRequestHeaders().getFirst("Content-Encoding"));
    var body = packed ? new GZIPInputStream(post.getRequestBody()) : post.getRequestBody();
    byte[] bytes = body.readAllBytes();
    synchronized (this) {
      bodies.add(new String(bytes, StandardCharsets.UTF_8));
      for (Protobuf resource : new Protobuf(bytes).messages(1)) {
        resource.messages(2).forEach(scope -> scope.messages(2).forEach(this::add));
      }
      notifyAll();
    }
    post.sendResponseHeaders(200, -1);
    post.close();
  }

  private void add(Protobuf span) {
    Map<String, String> attributes = new HashMap<>();
    span.messages(9).forEach(a -> attributes.put(a.text(1), a.messages(2).getFirst().value()));
    attributes.put("(ms)", Double.toString((span.number(8) - span.number(7)) / 1e6));
    spans.add(new Told(span.hex(1), span.hex(2), span.hex(4), span.text(5), attributes));
  }

  /** What {@code wanted} makes of all spans, once it is not empty. */
  synchronized <T> List<T> await(Function<List<Told>, List<T>> wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    List<T> found = wanted.apply(spans);
    while (found.isEmpty() && System.nanoTime() < end) {
      wait(1_000);
      found = wanted.apply(spans);
    }
    return found;
  }

  /** All that came, as far as it is text. */
  synchronized List<String> bodies() {
    return List.copyOf(bodies);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** A message of protobuf's, field by field. */
  private static final class Protobuf {
    private final Map<Integer, List<Object>> fields = new HashMap<>();
    private final byte[] bytes;
    private int at;

    Protobuf(byte[] bytes) {
      this.bytes = bytes;
      while (at < bytes.length) {
        long tag = varint();
        Object value =
            switch ((int) (tag & 7)) {
              case 0 -> varint();
              case 1 -> fixed(8);
              case 2 -> block((int) varint());
              case 5 -> fixed(4);
              default -> throw new IllegalArgumentException("wire type " + (tag & 7));
            };
        fields.computeIfAbsent((int) (tag >>> 3), first -> new ArrayList<>()).add(value);
      }
    }

    private long varint() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = bytes[at++];
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    private long fixed(int size) {
      long value = 0;
      for (int i = 0; i < size; i++) {
        value |= (bytes[at++] & 0xffL) << (8 * i);
      }
      return value;
    }

    private byte[] block(int size) {
      byte[] block = java.util.Arrays.copyOfRange(bytes, at, at + size);
      at += size;
      return block;
    }

    private List<byte[]> blocks(int field) {
      return fields.getOrDefault(field, List.of()).stream().map(byte[].class::cast).toList();
    }

    List<Protobuf> messages(int field) {
      return blocks(field).stream().map(Protobuf::new).toList();
    }

    String text(int field) {
      return blocks(field).stream()
          .map(block -> new String(block, StandardCharsets.UTF_8))
          .findFirst()
          .orElse("");
    }

    String hex(int field) {
      return blocks(field).stream().map(HexFormat.of()::formatHex).findFirst().orElse("");
    }

    long number(int field) {
      return (Long) fields.getOrDefault(field, List.of(0L)).getFirst();
    }

    /** Of an AnyValue: a text, a truth, a whole number or another. */
    String value() {
      if (fields.containsKey(1)) {
        return text(1);
      }
      if (fields.containsKey(4)) {
        return Double.toString(Double.longBitsToDouble(number(4)));
      }
      return Long.toString(number(fields.containsKey(2) ? 2 : 3));
    }
  }
}
