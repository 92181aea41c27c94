package io.sotto.node.cli;

import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sotto health}: asks the node beside it, for containers that have no curl. */
@Command(
    name = "health",
    description = "Asks the node on this machine whether it lives, or whether it is ready.",
    mixinStandardHelpOptions = true,
    footer = "%nExit status: 0 it is, 1 it is not or does not answer, 2 wrong usage.")
final class HealthCommand implements Callable<Integer> {
  private static final int TIMEOUT_MS = 5_000;
  private static final int ANSWER_BYTES_MAX = 64 << 10;
  private static final Set<String> ANY = Set.of("0.0.0.0", "::", "[::]");

  @Spec private CommandSpec spec;

  @Option(
      names = "--ready",
      description = "Whether it can do its work: its stores answer and it is not leaving.")
  private boolean ready;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings that differ from conf/sotto.yaml.")
  private @Nullable Path config;

  @Option(
      names = "--management-port",
      description = "Port of health and metrics (default: http.management-port).")
  private @Nullable Integer port;

  @Override
  public Integer call() {
    Map<String, String> overrides = new HashMap<>();
    if (port != null) {
      overrides.put("http.management-port", port.toString());
    }
    NodeConfig.Http http = new ConfigLoader(System.getenv()).load(config, overrides).http();
    String host = ANY.contains(http.managementHost()) ? "127.0.0.1" : http.managementHost();
    URI url =
        URI.create(
            "http://"
                + (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host)
                + ":"
                + http.managementPort()
                + (ready ? "/health/ready" : "/health/live"));
    return ask(url);
  }

  private int ask(URI url) {
    PrintWriter out = spec.commandLine().getOut();
    try {
      HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MS);
      connection.setReadTimeout(TIMEOUT_MS);
      int status = connection.getResponseCode();
      try (InputStream body =
          status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
        out.println(
            body == null
                ? "status " + status
                : new String(body.readNBytes(ANSWER_BYTES_MAX), StandardCharsets.UTF_8));
      }
      return status == 200 ? 0 : 1;
    } catch (IOException e) {
      spec.commandLine().getErr().println("sotto: no node answers at " + url + ": " + e);
      return 1;
    } finally {
      out.flush();
    }
  }
}
