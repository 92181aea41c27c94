package io.sotto.worker;

import io.sotto.engine.EngineException;
import io.sotto.engine.ModelBundle;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends models to chunks, and loads what they want and is not there: one model at a time, in the
 * order they were asked for. How long one is waited for is the chunk's own limit. Belongs to the
 * worker's context; what takes long happens in the background.
 */
final class ModelLender {
  private static final Logger LOG = LoggerFactory.getLogger(ModelLender.class);

  private final WorkerModels models;
  private final ModelShelf shelf;
  private final Background background;
  private final Duration rest;
  private final WorkerMeters meters;
  private final ModelReplacer replacer;
  private final Map<String, Wanted> wanted = new LinkedHashMap<>();
  private boolean loading;

  /** A model that cannot be loaded is not offered for {@code rest}. */
  ModelLender(WorkerModels models, Background background, Duration rest, WorkerMeters meters) {
    this.models = models;
    this.shelf = models.shelf();
    this.background = background;
    this.rest = rest;
    this.meters = meters;
    this.replacer = new ModelReplacer(models, background, this::unload, this::next);
  }

  int slots() {
    return models.slots();
  }

  List<String> offered() {
    return shelf.offered(models.now());
  }

  /** What is known of those that are offered. */
  ModelBundle.@Nullable Outline outline(String name) {
    return models.outline(name);
  }

  boolean offers(String name) {
    return shelf.offers(name, models.now());
  }

  /** Stops offering {@code name} for a while: its next chunk would meet the same. */
  void rest(String name, String why) {
    if (shelf.rest(name, rest, models.now())) {
      LOG.warn("model={} rests for {}: {}", name, rest, why);
    }
  }

  /** The use of {@code name}, which must be offered, as soon as it is loaded. */
  Loan lend(String name) {
    Loan loan = new Loan(name, this::ended);
    wanted.computeIfAbsent(name, Wanted::new).loans.add(loan);
    next();
    return loan;
  }

  private void ended(Loan loan) {
    LoadedModel model = loan.model();
    Wanted waiting = wanted.get(loan.name());
    if (model != null) {
      shelf.giveBack(model, models.now());
      freeUnused(model, "its last chunk ended");
    } else if (waiting != null && waiting.loans.remove(loan) && waiting.loans.isEmpty()) {
      wanted.remove(loan.name());
    }
    next();
  }

  /**
   * Unloads what is idle, and looks whether loaded ones have become others. Once a second or so.
   */
  void tick() {
    shelf.idle(models.now()).forEach(model -> unload(model, "nobody used it"));
    replacer.look();
    next();
  }

  /** Serves whom it can and takes up what is to be done next. Every change ends here. */
  private void next() {
    List.copyOf(wanted.values()).forEach(this::serve);
    if (loading || replacer.busy() || models.closed()) {
      return;
    }
    if (wanted.isEmpty()) {
      replacer.begin();
    } else {
      prepare(wanted.values().iterator().next());
    }
  }

  private void serve(Wanted asked) {
    LoadedModel model = shelf.find(asked.name);
    if (model == null || wanted.get(asked.name) != asked || standsBehind(asked)) {
      return;
    }
    wanted.remove(asked.name);
    // all of them hold it before the first goes on and perhaps ends at once
    asked.loans.forEach(loan -> loan.take(model));
    asked.loans.forEach(loan -> shelf.use(model));
    asked.loans.forEach(Loan::begin);
  }

  /**
   * While one waits for room, others that may have to make it get no new chunks: they would never
   * fall idle.
   */
  private boolean standsBehind(Wanted asked) {
    Wanted head = wanted.values().iterator().next();
    return head.waitsForRoom && head != asked && !asked.name.equals(shelf.first());
  }

  private void prepare(Wanted head) {
    ModelBundle.Outline outline = head.outline;
    if (outline == null) {
      look(head);
      return;
    }
    ModelShelf.Verdict verdict = shelf.roomFor(head.name, outline.memoryBytes());
    if (verdict.room() == ModelShelf.Room.WAIT && !head.waitsForRoom) {
      LOG.info("model={} waits until others are idle", head.name);
    }
    head.waitsForRoom = verdict.room() != ModelShelf.Room.FITS;
    switch (verdict.room()) {
      case FITS -> load(head.name);
      case UNLOAD -> verdict.unload().forEach(model -> unload(model, head.name + " needs room"));
      case WAIT -> {} // taken up again when a chunk ends
      case NEVER -> failed(head.name, models.noRoom(head.name, outline.memoryBytes()));
    }
  }

  private void look(Wanted head) {
    loading = true;
    background
        .run(() -> models.look(head.name))
        .onComplete(
            outline -> {
              loading = false;
              head.outline = outline;
              next();
            },
            why -> failed(head.name, why));
  }

  private void load(String name) {
    loading = true;
    background.run(() -> models.load(name)).onComplete(this::loaded, why -> failed(name, why));
  }

  private void loaded(LoadedModel model) {
    loading = false;
    LOG.info("model={} loaded {}", model.name(), model.costs());
    meters.loaded(model.name(), model.loadMs());
    shelf.put(model, models.now());
    if (models.closed()) {
      unload(model, "the worker was closed");
    }
    next();
  }

  private void failed(String name, Throwable why) {
    loading = false;
    if (why instanceof RuntimeException && !(why instanceof EngineException)) {
      LOG.error("model={} defect while it was loaded", name, why);
    }
    String reason =
        "model "
            + name
            + " cannot be loaded: "
            + (why instanceof EngineException ? why.getMessage() : why);
    meters.notLoaded(name);
    rest(name, reason);
    Wanted failed = wanted.remove(name);
    if (failed != null) {
      SottoException failure = new SottoException(FailureCode.MODEL_FAULT, reason, why);
      failed.loans.forEach(loan -> loan.refuse(failure));
    }
    next();
  }

  /** Takes {@code model} off the shelf; it is freed when its last chunk ends. */
  private void unload(LoadedModel model, String why) {
    shelf.leave(model);
    freeUnused(model, why);
  }

  private void freeUnused(LoadedModel model, String why) {
    if (shelf.toFree(model)) {
      background
          .run(() -> freed(model, why))
          .onComplete(
              gone -> {
                shelf.gone(model);
                next();
              });
    }
  }

  private static LoadedModel freed(LoadedModel model, String why) {
    WorkerModels.unload(model, why);
    return model;
  }

  /** Frees all of them; what is being loaded is freed when it comes. */
  Future<Void> close() {
    List<Future<LoadedModel>> all = new ArrayList<>();
    for (LoadedModel model : models.takeAll()) {
      all.add(background.run(() -> freed(model, "the worker stopped")));
    }
    return Future.join(all).mapEmpty();
  }
}
