package io.sotto.node.cli;

import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import io.sotto.node.SottoNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sotto serve}: a node of the cluster, until it is told to stop. */
@Command(
    name = "serve",
    description = "Runs a node: all roles by default, or the ones named.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--roles",
      paramLabel = "ROLE,…",
      description = "http, ingest, scheduler, worker (default: all).")
  private @Nullable String roles;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings that differ from conf/sotto.yaml.")
  private @Nullable Path config;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder of the embedded stores (default: ~/.local/share/sotto).")
  private @Nullable Path data;

  @Option(names = "--port", description = "Port of the REST API (default: 8080).")
  private @Nullable Integer port;

  @Option(names = "--management-port", description = "Port of health and metrics (default: 8081).")
  private @Nullable Integer managementPort;

  @Override
  public Integer call() throws Exception {
    NodeConfig settings = new ConfigLoader(System.getenv()).load(config, overrides());
    CountDownLatch stopped = new CountDownLatch(1);
    SottoNode node = SottoNode.start(settings);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("drain")
                .unstarted(
                    () -> {
                      node.close();
                      stopped.countDown();
                    }));
    if (settings.log().format() == NodeConfig.Log.Format.TEXT) {
      System.out.println(node.readyLines());
    }
    stopped.await();
    return 0;
  }

  private Map<String, String> overrides() {
    Map<String, String> overrides = new HashMap<>();
    put(overrides, "node.roles", roles);
    put(overrides, "node.data", data);
    put(overrides, "http.port", port);
    put(overrides, "http.management-port", managementPort);
    return overrides;
  }

  private static void put(Map<String, String> overrides, String key, @Nullable Object value) {
    if (value != null) {
      overrides.put(key, value.toString());
    }
  }
}
