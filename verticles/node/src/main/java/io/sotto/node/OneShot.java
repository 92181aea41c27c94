package io.sotto.node;

import io.sotto.embedded.ThrowAway;
import io.sotto.storage.Migrations;
import java.net.URI;
import java.util.Map;

/**
 * A whole cluster of one node that lives for one command: its own data folder, free ports, nobody
 * to join. What it stored is gone when it closes.
 */
public final class OneShot implements AutoCloseable {
  private final ThrowAway folder;
  private final SottoNode node;

  private OneShot(ThrowAway folder, SottoNode node) {
    this.folder = folder;
    this.node = node;
  }

  /** Starts it; {@code config} as {@link ConfigLoader} reads it. */
  public static OneShot start(Map<String, String> environment) throws Exception {
    NodeConfig defaults = new ConfigLoader(environment).load(null, Map.of());
    ThrowAway folder = ThrowAway.create(defaults.node().cache(), Migrations.fingerprint());
    try {
      Map<String, String> overrides =
          Map.of(
              "node.data", folder.data().toString(),
              "node.drain-timeout", "1s",
              "http.port", "0",
              "http.keys-file", "",
              "ingest.temp", folder.data().resolve("ingest").toString(),
              "ingest.slots", "4");
      NodeConfig config = new ConfigLoader(environment).load(null, overrides);
      return new OneShot(folder, SottoNode.start(config, SottoNode.Kind.ONE_CALL));
    } catch (Exception e) {
      folder.close();
      throw e;
    }
  }

  public URI url() {
    return node.url();
  }

  @Override
  public void close() {
    node.close();
    folder.close();
  }
}
