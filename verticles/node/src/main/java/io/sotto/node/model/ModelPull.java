package io.sotto.node.model;

import io.sotto.engine.bundle.Precision;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** Downloads a checkpoint from a hub and builds it. */
public final class ModelPull {
  private static final Duration STALL = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private final URI hub;
  private final String token;
  private final Path cache;
  private final Duration stall;
  private final Patience patience;

  /** {@code token} may be empty; downloads are kept in {@code cache} until they are built. */
  public ModelPull(URI hub, String token, Path cache) {
    this(hub, token, cache, STALL, PAUSE);
  }

  ModelPull(URI hub, String token, Path cache, Duration stall, Duration pause) {
    String scheme = hub.getScheme();
    if (hub.getHost() == null || !"http".equals(scheme) && !"https".equals(scheme)) {
      throw new HubException("'" + hub + "' is no address of a hub; see worker.hub");
    }
    this.hub = hub;
    this.token = token;
    this.cache = cache.resolve("hub");
    this.stall = stall;
    this.patience = new Patience(pause);
  }

  /** Hears how far it is. */
  public interface Listener {
    void downloading(String file, long done, long all);

    void building(String step);
  }

  /** Brings {@code model} and builds it as {@code name} into {@code store}. */
  public void pull(
      HubName model, ModelStore store, String name, Precision precision, Listener listener)
      throws IOException, InterruptedException {
    try (HubClient client = new HubClient(hub, token);
        HubDownload download = new HubDownload(client, stall, patience, listener::downloading)) {
      HubModel found = patience.with(model.toString(), () -> client.model(model));
      Path folder = cache.resolve(model.owner() + "--" + model.name()).resolve(found.commit());
      download.into(folder, found);
      Consumer<String> steps = listener::building;
      String origin = model.repository() + "@" + found.commit();
      store.build(folder, name, precision, origin, found.licence(), steps);
    }
  }
}
