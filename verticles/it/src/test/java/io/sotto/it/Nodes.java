package io.sotto.it;

import io.sotto.node.ConfigLoader;
import io.sotto.node.SottoNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Nodes inside the test's own process. */
final class Nodes {
  private Nodes() {}

  static SottoNode start(Path data, Map<String, String> settings) throws Exception {
    Map<String, String> all = new HashMap<>();
    all.put("node.data", data.toString());
    all.put("node.cache", Recordings.HOME.resolve("target/cache").toString());
    all.put("node.drain-timeout", "6s");
    all.put("ingest.temp", data.resolve("ingest").toString());
    all.put("http.port", "0");
    all.put("http.management-port", "0");
    all.put("cluster.port", "16701");
    all.put("cluster.port-count", "100");
    all.putAll(settings);
    return SottoNode.start(new ConfigLoader(Map.of()).load(null, all));
  }
}
