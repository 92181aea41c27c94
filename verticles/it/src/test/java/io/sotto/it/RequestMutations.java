package io.sotto.it;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Requests as no client should send them. What they hold is never what a leak would show. */
final class RequestMutations {
  private static final List<String> METHODS =
      List.of("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "ŻÓŁW");
  private static final List<String> PATHS =
      List.of(
          "/v1/models",
          "/v1/models/whisper-1",
          "/v1/audio/transcriptions",
          "/v1/audio/translations",
          "/api/v1/transcriptions",
          "/api/v1/transcriptions/ID",
          "/api/v1/transcriptions/ID/chunks",
          "/api/v1/transcriptions/ID/download",
          "/api/v1/transcriptions/ID/events",
          "/api/v1/transcriptions/ID/webhooks",
          "/api/v1/transcriptions/ID/webhooks/replay",
          "/api/v1/models",
          "/api/v1/models/preview",
          "/api/v1/languages",
          "/api/v1/health",
          "/api/v1/webhooks",
          "/api/v1/webhooks/endpoints",
          "/api/v1/webhooks/endpoints/ID",
          "/api/v1/webhooks/endpoints/ID/deliveries",
          "/inference",
          "/asr",
          "/detect-language",
          "/docs",
          "/openapi.yaml",
          "/openapi.json",
          "/");
  private static final List<String> HOSTILE =
      List.of(
          "",
          " ",
          "%00",
          "%zz",
          "%",
          "%c0%ae%c0%ae%2f",
          "..%2f..%2f..%2fetc%2fpasswd",
          "../../../../etc/passwd",
          "..\\..\\etc\\passwd",
          "%E2%82",
          "😀",
          "\0\1\2",
          "'%20OR%20'1'='1",
          "1;DROP%20TABLE%20jobs",
          "$%7Bjndi:ldap://127.0.0.1:1/x%7D",
          "{{7*7}}",
          "<script>alert(1)</script>",
          "-1",
          "0",
          "999999999999999999999999",
          "1e400",
          "NaN",
          "Infinity",
          "0x10",
          "true",
          "null",
          "[]",
          "{\"a\":",
          "a,b,,c",
          "\u202e\u0000\ufffe");
  private static final List<String> FIELDS =
      List.of(
          "file",
          "model",
          "language",
          "languages[]",
          "prompt",
          "response_format",
          "temperature",
          "timestamp_granularities[]",
          "include[]",
          "stream",
          "chunking_strategy",
          "chunking_strategy[type]",
          "chunking_strategy[threshold]",
          "known_speaker_names[]",
          "keywords[]",
          "beam_size",
          "best_of",
          "patience",
          "length_penalty",
          "hotwords",
          "no_speech_threshold",
          "logprob_threshold",
          "compression_ratio_threshold",
          "suppress_tokens",
          "without_timestamps",
          "word_timestamps",
          "max_initial_timestamp",
          "hallucinations",
          "task",
          "webhook_url",
          "webhook_secret",
          "dedupe",
          "sync",
          "url",
          "s3",
          "quality",
          "name",
          "metadata",
          "max_line_width",
          "max_line_count",
          "");
  private static final List<String> QUERY =
      List.of(
          "format",
          "status",
          "limit",
          "page",
          "cursor",
          "after",
          "sort",
          "order",
          "language",
          "partial",
          "fileSize",
          "duration",
          "quality",
          "wait",
          "max_line_width",
          "task",
          "output");
  private static final List<String> HEADERS =
      List.of(
          "Content-Type",
          "Authorization",
          "X-Request-Id",
          "Idempotency-Key",
          "Range",
          "Accept",
          "Cookie",
          "Accept-Encoding",
          "If-None-Match",
          "Last-Event-ID",
          "X-Correlation-ID",
          "traceparent",
          "X-Forwarded-For",
          "Content-Encoding",
          "Upgrade",
          "Expect",
          "X-HTTP-Method-Override",
          "Origin");
  private static final int FIELD_CHARS_MAX = 70_000;

  private RequestMutations() {}

  static RawHttp.Request next(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> plain(random);
      case 1 -> headers(random);
      case 2, 3 -> form(random);
      case 4 -> json(random);
      case 5 -> chunked(random);
      case 6 -> lengths(random);
      default -> garbage(random);
    };
  }

  private static <T> T one(List<T> of, Random random) {
    return of.get(random.nextInt(of.size()));
  }

  /** A path with an id in it, now and then a hostile one, and a query. */
  private static String target(Random random) {
    String id =
        random.nextInt(3) == 0
            ? one(HOSTILE, random).replaceAll("[\\s\\p{Cntrl}]", "")
            : new UUID(random.nextLong(), random.nextLong()).toString();
    StringBuilder target = new StringBuilder(one(PATHS, random).replace("ID", id));
    if (random.nextInt(4) == 0) {
      target.append('/').append(one(HOSTILE, random).replaceAll("[\\s\\p{Cntrl}]", ""));
    }
    String before = "?";
    for (int n = random.nextInt(4); n > 0; n--) {
      String value = one(HOSTILE, random).replaceAll("[\\s\\p{Cntrl}]", "");
      target.append(before).append(one(QUERY, random)).append('=').append(value);
      before = "&";
    }
    return target.toString();
  }

  private static RawHttp.Request plain(Random random) {
    String target = random.nextInt(20) == 0 ? "/" + "a".repeat(20_000) : target(random);
    return request(one(METHODS, random), target, "", new byte[0]);
  }

  private static RawHttp.Request headers(Random random) {
    StringBuilder headers = new StringBuilder();
    for (int n = random.nextInt(20) == 0 ? 500 : 1 + random.nextInt(6); n > 0; n--) {
      String value = random.nextInt(15) == 0 ? "x".repeat(20_000) : one(HOSTILE, random);
      headers.append(one(HEADERS, random)).append(": ");
      headers.append(value.replaceAll("[\r\n]", "")).append("\r\n");
    }
    // Expect and Upgrade may rightly end in silence: the client hangs up then
    byte[] bytes =
        request(one(METHODS, random), target(random), headers.toString(), new byte[0]).bytes();
    return new RawHttp.Request(bytes, false);
  }

  private static String value(Random random) {
    return random.nextInt(25) == 0
        ? "y".repeat(random.nextInt(FIELD_CHARS_MAX))
        : one(HOSTILE, random);
  }

  /** A multipart form, whole or cut off, with fields of any kind, number and size. */
  private static RawHttp.Request form(Random random) {
    StringBuilder body = new StringBuilder();
    for (int n = random.nextInt(15) == 0 ? 100 : random.nextInt(6); n > 0; n--) {
      body.append("--b\r\nContent-Disposition: form-data; name=\"").append(one(FIELDS, random));
      body.append(random.nextInt(10) == 0 ? "" : "\"");
      body.append(random.nextInt(4) == 0 ? "; filename=\"" + one(HOSTILE, random) + "\"" : "");
      body.append(random.nextInt(6) == 0 ? "\r\nContent-Type: multipart/mixed; boundary=c" : "");
      body.append("\r\n\r\n").append(value(random)).append("\r\n");
    }
    if (random.nextInt(2) == 0) {
      body.append("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
      body.append(one(HOSTILE, random)).append("\"\r\n\r\n").append(value(random)).append("\r\n");
    }
    boolean ended = random.nextInt(5) != 0;
    body.append(ended ? "--b--\r\n" : "--");
    String boundary = random.nextInt(12) == 0 ? one(HOSTILE, random) : "b";
    String type = "Content-Type: multipart/form-data; boundary=" + line(boundary) + "\r\n";
    return request("POST", target(random), type, utf8(body.toString()));
  }

  private static RawHttp.Request json(Random random) {
    String text =
        switch (random.nextInt(6)) {
          case 0 -> "[".repeat(5_000);
          case 1 -> "{\"%s\":%s}".formatted(one(FIELDS, random), one(HOSTILE, random));
          case 2 -> "{\"%1$s\":[1,null,{}],\"%1$s\":1e999}".formatted(one(FIELDS, random));
          case 3 -> "\"\\ud800\"";
          case 4 -> "{\"url\":\"file:///etc/passwd\",\"model\":{}}";
          default -> one(HOSTILE, random);
        };
    return request(
        one(METHODS.subList(1, 5), random),
        target(random),
        "Content-Type: application/json\r\n",
        utf8(text));
  }

  private static RawHttp.Request chunked(Random random) {
    StringBuilder body = new StringBuilder();
    for (int n = random.nextInt(5); n > 0; n--) {
      String size =
          one(List.of("5", "0005", "5;x=y", "-1", "zz", "ffffffffffffffff", "7fffffff"), random);
      body.append(size).append("\r\nhello\r\n");
    }
    body.append(random.nextInt(2) == 0 ? "0\r\n\r\n" : one(HOSTILE, random));
    String headers =
        "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n";
    byte[] head = head("POST", target(random), headers);
    return new RawHttp.Request(joined(head, utf8(body.toString())), false);
  }

  /** Lengths that do not fit the body, or each other. */
  private static RawHttp.Request lengths(Random random) {
    String length =
        one(List.of("-1", "abc", "99999999999999999999", "5, 6", "0x5", "+5", "500"), random);
    String headers = "Content-Length: " + length + "\r\n";
    headers += random.nextInt(3) == 0 ? "Content-Length: 7\r\n" : "";
    headers += random.nextInt(3) == 0 ? "Transfer-Encoding: chunked\r\n" : "";
    byte[] head = head("POST", target(random), headers);
    return new RawHttp.Request(joined(head, utf8("hello")), false);
  }

  private static RawHttp.Request garbage(Random random) {
    byte[] noise = new byte[1 + random.nextInt(3_000)];
    random.nextBytes(noise);
    byte[] bytes =
        switch (random.nextInt(7)) {
          case 0 -> noise;
          case 1 -> joined(utf8("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), noise);
          case 2 -> utf8("GET /v1/models\r\n\r\n");
          case 3 -> utf8("GET http://127.0.0.1:1/v1/models HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
          case 4 -> utf8("GET /v1/models HTTP/9.9\r\n\r\n");
          case 5 -> joined(new byte[] {0x16, 3, 1, 2, 0, 1}, noise);
          default -> joined(head("POST", target(random), "Content-Length: 3000\r\n"), noise);
        };
    return new RawHttp.Request(bytes, false);
  }

  private static RawHttp.Request request(
      String method, String target, String headers, byte[] body) {
    String length = "Content-Length: " + body.length + "\r\n";
    return new RawHttp.Request(joined(head(method, target, headers + length), body), true);
  }

  private static byte[] head(String method, String target, String headers) {
    return utf8(
        "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
            .formatted(method, target, headers));
  }

  private static String line(String text) {
    return text.replaceAll("[\\r\\n]", "");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }
}
