package io.sotto.worker;

import io.sotto.engine.EngineException;
import io.sotto.engine.ModelBundle;
import io.sotto.engine.Transcriber;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Bundles that are only said to be there, and what was asked of them. */
final class FakeSource implements ModelSource {
  private final Map<String, ModelBundle.Outline> bundles = new ConcurrentHashMap<>();
  private final Map<String, Transcriber> engines = new HashMap<>();

  /** "load a", "trial a", in the order asked for. */
  final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  final List<FakeTranscriber> loaded = Collections.synchronizedList(new ArrayList<>());

  /** By a call: what it fails with. */
  final Map<String, Throwable> failures = new ConcurrentHashMap<>();

  /** By a call: it waits for this. */
  final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

  /** A bundle that takes {@code bytes}. */
  FakeSource with(String name, String digest, int bytes) {
    bundles.put(name, new ModelBundle.Outline(digest, bytes, bytes, "int8", 99, 5));
    return this;
  }

  FakeSource with(Transcriber engine) {
    engines.put(engine.model(), engine);
    return with(engine.model(), engine.modelDigest(), 1);
  }

  void without(String name) {
    bundles.remove(name);
  }

  FakeTranscriber last() {
    return loaded.getLast();
  }

  private void called(String call) {
    calls.add(call);
    CountDownLatch gate = gates.get(call);
    if (gate != null) {
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    switch (failures.get(call)) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new AssertionError(e);
    }
  }

  @Override
  public ModelBundle.Outline look(String name) {
    ModelBundle.Outline there = bundles.get(name);
    if (there == null) {
      throw new EngineException(EngineException.Kind.BAD_MODEL, "there is no model " + name);
    }
    return there;
  }

  @Override
  public String stamp(String name) {
    ModelBundle.Outline there = bundles.get(name);
    return there == null ? "" : there.digest();
  }

  @Override
  public void trial(String name) {
    called("trial " + name);
  }

  @Override
  public Transcriber load(String name) {
    called("load " + name);
    Transcriber own = engines.get(name);
    if (own != null) {
      return own;
    }
    loaded.add(FakeTranscriber.of(name, look(name).digest()));
    return last();
  }
}
