package io.sotto.worker;

import io.sotto.engine.EngineException;
import io.sotto.engine.ModelBundle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces loaded models whose bundles became others on disk. The new one is tried and loaded
 * beside the old, which serves until then and stays when the new one is refused.
 */
final class ModelReplacer {
  private static final Logger LOG = LoggerFactory.getLogger(ModelReplacer.class);

  private final WorkerModels models;
  private final ModelShelf shelf;
  private final Background background;
  private final BiConsumer<LoadedModel, String> unload;
  private final Runnable next;
  private final BundleWatch watch = new BundleWatch();

  /** The stamps of those that are to be replaced. */
  private final Map<String, String> changed = new LinkedHashMap<>();

  private boolean looking;
  private boolean busy;

  private record Change(String name, String stamp) {}

  /** {@code next} is told when something else may be loaded. */
  ModelReplacer(
      WorkerModels models,
      Background background,
      BiConsumer<LoadedModel, String> unload,
      Runnable next) {
    this.models = models;
    this.shelf = models.shelf();
    this.background = background;
    this.unload = unload;
    this.next = next;
  }

  /** Whether one is being replaced. */
  boolean busy() {
    return busy;
  }

  /** Looks at the files of all that are loaded, unless the last look is not over yet. */
  void look() {
    if (looking) {
      return;
    }
    looking = true;
    List<String> loaded = shelf.loaded();
    background
        .run(() -> stamps(loaded))
        .onComplete(
            stamps -> {
              looking = false;
              stamps.forEach(this::seen);
              next.run();
            },
            why -> {
              looking = false;
              LOG.warn("the bundles of loaded models cannot be looked at", why);
            });
  }

  private Map<String, String> stamps(List<String> names) {
    Map<String, String> stamps = new TreeMap<>();
    names.forEach(name -> stamps.put(name, models.source().stamp(name)));
    return stamps;
  }

  private void seen(String name, String stamp) {
    LoadedModel model = shelf.find(name);
    boolean settled = watch.settled(name, stamp);
    if (settled && model != null && !stamp.equals(model.stamp())) {
      changed.put(name, stamp);
    }
  }

  /** Takes up the first that changed. */
  void begin() {
    changed.keySet().retainAll(shelf.loaded()); // what is loaded anew later is the new one anyway
    if (changed.isEmpty()) {
      return;
    }
    Map.Entry<String, String> first = changed.entrySet().iterator().next();
    Change change = new Change(first.getKey(), first.getValue());
    busy = true;
    background
        .run(() -> models.source().look(change.name))
        .onComplete(outline -> weigh(change, outline), why -> refused(change, why));
  }

  private void weigh(Change change, ModelBundle.Outline outline) {
    LoadedModel old = shelf.find(change.name);
    if (old == null || outline.digest().equals(old.transcriber().modelDigest())) {
      over(change);
      return;
    }
    ModelShelf.Verdict verdict = shelf.roomFor(change.name, outline.memoryBytes());
    switch (verdict.room()) {
      case FITS -> replace(change);
      case UNLOAD -> {
        busy = false;
        verdict
            .unload()
            .forEach(model -> unload.accept(model, "a new " + change.name + " needs room"));
      }
      case WAIT -> busy = false; // taken up again when a chunk ends
      case NEVER -> refused(change, models.noRoom(change.name, outline.memoryBytes()));
    }
  }

  private void replace(Change change) {
    background
        .run(
            () -> {
              models.source().trial(change.name);
              return models.load(change.name);
            })
        .onComplete(fresh -> replaced(change, fresh), why -> refused(change, why));
  }

  private void replaced(Change change, LoadedModel fresh) {
    LOG.info("model={} replaced {}", fresh.name(), fresh.costs());
    LoadedModel old = shelf.put(fresh, models.now());
    if (old != null) {
      unload.accept(old, "another took its place");
    }
    if (models.closed()) {
      unload.accept(fresh, "the worker was closed");
    }
    over(change);
  }

  private void refused(Change change, Throwable why) {
    LOG.warn(
        "model={} stays as it was, what its folder holds now was refused: {}",
        change.name,
        why instanceof EngineException ? why.getMessage() : why.toString());
    over(change);
  }

  /** A later change of the same model stays to be done. */
  private void over(Change change) {
    busy = false;
    changed.remove(change.name, change.stamp);
    watch.known(change.name, change.stamp);
    next.run();
  }
}
