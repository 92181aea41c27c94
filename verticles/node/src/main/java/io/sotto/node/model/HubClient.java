package io.sotto.node.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;

/**
 * Speaks with a model hub that has Hugging Face's interface: {@code
 * /api/models/OWNER/NAME/revision/REV?blobs=true} lists, {@code /OWNER/NAME/resolve/COMMIT/FILE}
 * gives a file, often by redirection to another host. A token goes to the hub's own host only.
 */
final class HubClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final int REDIRECTS_MAX = 5;
  private static final int LISTING_BYTES_MAX = 8 << 20;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final URI base;
  private final String token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /** {@code token} may be empty. */
  HubClient(URI base, String token) {
    this.base = base;
    this.token = token;
  }

  /** A trouble that may be over at the next try. */
  static final class Passing extends IOException {
    private static final long serialVersionUID = 1L;

    Passing(String message) {
      super(message);
    }
  }

  HubModel model(HubName name) throws IOException, InterruptedException {
    String path = "/api/models/" + name.repository() + "/revision/" + name.revision();
    HttpResponse<InputStream> answer = get(at(path + "?blobs=true"), 0, name.toString());
    try (InputStream body = answer.body()) {
      byte[] text = body.readNBytes(LISTING_BYTES_MAX);
      JsonNode json = new ObjectMapper().readTree(text);
      return HubModel.read(name, json);
    }
  }

  /** The file from byte {@code offset} on: status 206, or 200 and the whole. */
  HttpResponse<InputStream> open(HubModel model, String file, long offset)
      throws IOException, InterruptedException {
    String path = "/" + model.name().repository() + "/resolve/" + model.commit() + "/" + file;
    return get(at(path), offset, model.name() + " " + file);
  }

  private URI at(String path) {
    String root = base.toString();
    return URI.create((root.endsWith("/") ? root.substring(0, root.length() - 1) : root) + path);
  }

  private HttpResponse<InputStream> get(URI first, long offset, String what)
      throws IOException, InterruptedException {
    URI uri = first;
    for (int hop = 0; hop <= REDIRECTS_MAX; hop++) {
      HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(ANSWER);
      if (!token.isEmpty() && sameHost(uri)) {
        request.header("Authorization", "Bearer " + token);
      }
      if (offset > 0) {
        request.header("Range", "bytes=" + offset + "-");
      }
      HttpResponse<InputStream> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      if (!REDIRECTS.contains(answer.statusCode())) {
        return checked(answer, what);
      }
      answer.body().close();
      uri = next(uri, answer, what);
    }
    throw new HubException(what + ": more than " + REDIRECTS_MAX + " redirections");
  }

  private boolean sameHost(URI uri) {
    return base.getHost().equals(uri.getHost())
        && base.getPort() == uri.getPort()
        && base.getScheme().equals(uri.getScheme());
  }

  private static URI next(URI from, HttpResponse<?> answer, String what) {
    String location = answer.headers().firstValue("Location").orElse("");
    URI to = from.resolve(location);
    boolean http = "http".equals(to.getScheme()) && "http".equals(from.getScheme());
    if (location.isEmpty() || !http && !"https".equals(to.getScheme())) {
      throw new HubException(what + ": a redirection to '" + location + "' is not followed");
    }
    return to;
  }

  private static HttpResponse<InputStream> checked(HttpResponse<InputStream> answer, String what)
      throws IOException {
    int status = answer.statusCode();
    if (status == 200 || status == 206) {
      return answer;
    }
    answer.body().close();
    if (PASSING.contains(status)) {
      throw new Passing(what + ": the hub answered " + status);
    }
    throw new HubException(
        what
            + switch (status) {
              case 401, 403 ->
                  ": the hub refused (" + status + "); for a private or gated model set HF_TOKEN";
              case 404 -> ": the hub does not have it; check owner, name and revision";
              default -> ": the hub answered " + status;
            });
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
