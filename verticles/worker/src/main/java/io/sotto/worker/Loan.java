package io.sotto.worker;

import io.sotto.engine.Transcriber;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The use of a model by one chunk, from the moment it asks for it: while it lasts the model is not
 * unloaded. {@link #end} it however the chunk ends.
 */
final class Loan {
  private final String name;
  private final Consumer<Loan> ended;
  private final Promise<Transcriber> promise = Promise.promise();
  private @Nullable LoadedModel model;
  private boolean over;

  Loan(String name, Consumer<Loan> ended) {
    this.name = name;
    this.ended = ended;
  }

  String name() {
    return name;
  }

  /** Completes when the model is loaded; fails with {@code SottoException} when it cannot be. */
  Future<Transcriber> transcriber() {
    return promise.future();
  }

  /** What is lent; null while it is waited for. */
  @Nullable LoadedModel model() {
    return model;
  }

  /** It is lent from now on. */
  void take(LoadedModel lent) {
    model = lent;
  }

  /** Tells whoever asked. */
  void begin() {
    if (model != null) {
      promise.complete(model.transcriber());
    }
  }

  void refuse(Throwable why) {
    promise.tryFail(why);
  }

  /** Gives the model back, or waits for it no longer; a second time does nothing. */
  void end() {
    if (!over) {
      over = true;
      ended.accept(this);
    }
  }
}
