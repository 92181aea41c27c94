package io.sotto.worker;

import io.sotto.engine.EngineException;
import io.sotto.engine.ModelBundle;
import io.sotto.engine.Transcriber;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of a worker: where they come from, and the books of those that are loaded. Opened
 * before the worker and closed after it; in between it belongs to the worker.
 */
public final class WorkerModels implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerModels.class);

  private final ModelSource source;
  private final ModelShelf shelf;
  private final LongSupplier clock;

  /** What the bundles were when they were last looked at, by name. */
  private final Map<String, ModelBundle.Outline> outlines = new ConcurrentHashMap<>();

  private volatile boolean closed;

  private WorkerModels(ModelSource source, ModelShelf shelf, LongSupplier clock) {
    this.source = source;
    this.shelf = shelf;
    this.clock = clock;
  }

  /**
   * Loads the first of {@code names}, the default one, and looks at the others, which are loaded
   * when they are wanted: as many as {@code memoryBytes} hold, each until nobody has used it for
   * {@code idle} (zero: for ever).
   *
   * @throws EngineException of kind {@code BAD_MODEL} when one of them is not there, or never has
   *     room beside the default one
   */
  public static WorkerModels open(
      ModelSource source, List<String> names, long memoryBytes, Duration idle) {
    return open(source, names, memoryBytes, idle, System::nanoTime);
  }

  static WorkerModels open(
      ModelSource source, List<String> names, long memoryBytes, Duration idle, LongSupplier clock) {
    ModelShelf shelf = new ModelShelf(names, memoryBytes, idle);
    WorkerModels models = new WorkerModels(source, shelf, clock);
    LoadedModel first = models.load(names.getFirst());
    shelf.put(first, clock.getAsLong());
    LOG.info("model={} loaded {}", first.name(), first.costs());
    try {
      names.stream().skip(1).forEach(models::check);
    } catch (EngineException e) {
      models.close();
      throw e;
    }
    return models;
  }

  /** What can never be loaded is told at the start, not by the first chunk that wants it. */
  private void check(String name) {
    long bytes = look(name).memoryBytes();
    if (shelf.roomFor(name, bytes).room() == ModelShelf.Room.NEVER) {
      throw noRoom(name, bytes);
    }
  }

  EngineException noRoom(String name, long bytes) {
    return new EngineException(
        EngineException.Kind.BAD_MODEL,
        "model "
            + name
            + " takes about "
            + LoadedModel.mb(bytes)
            + " MB, which worker.models-memory ("
            + LoadedModel.mb(shelf.memoryBytes())
            + " MB) does not have beside what stays loaded: raise it, lower worker.rows, or take"
            + " the model out of worker.models");
  }

  /** What {@code name} is and would take now. */
  ModelBundle.Outline look(String name) {
    ModelBundle.Outline outline = source.look(name);
    outlines.put(name, outline);
    return outline;
  }

  /** What {@code name} was when it was last looked at. */
  ModelBundle.@Nullable Outline outline(String name) {
    return outlines.get(name);
  }

  ModelShelf shelf() {
    return shelf;
  }

  List<LoadedModel> loaded() {
    return shelf.loaded().stream().map(shelf::find).filter(Objects::nonNull).toList();
  }

  ModelSource source() {
    return source;
  }

  long now() {
    return clock.getAsLong();
  }

  boolean closed() {
    return closed;
  }

  /** Windows decoded side by side: what one model decodes, since all run on the same cores. */
  int slots() {
    LoadedModel first = shelf.find(shelf.first());
    return first == null ? 0 : first.transcriber().slots();
  }

  /** Loads {@code name}; takes long. */
  LoadedModel load(String name) {
    long begun = System.nanoTime();
    String stamp = source.stamp(name);
    long bytes = look(name).memoryBytes();
    Transcriber transcriber = source.load(name);
    if (closed) { // nobody is left to close it
      transcriber.close();
      throw new EngineException(EngineException.Kind.CLOSED, "the worker was closed");
    }
    return new LoadedModel(name, transcriber, bytes, stamp, msSince(begun));
  }

  /** Frees {@code model}, because of {@code why}; takes long. */
  static void unload(LoadedModel model, String why) {
    long begun = System.nanoTime();
    try {
      model.transcriber().close();
    } catch (RuntimeException e) {
      LOG.warn("model={} was not freed as a whole", model.name(), e);
    }
    LOG.info(
        "model={} unloaded ms={} mb={} because {}",
        model.name(),
        msSince(begun),
        LoadedModel.mb(model.bytes()),
        why);
  }

  private static long msSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  /** Hands all that are loaded to the caller, who frees them; nothing is loaded from now on. */
  List<LoadedModel> takeAll() {
    closed = true;
    return shelf.clear();
  }

  /** Frees what a worker has left, or never took over. */
  @Override
  public void close() {
    takeAll().forEach(model -> unload(model, "the worker was closed"));
  }
}
