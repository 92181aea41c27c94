package io.sotto.protocol;

import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/** What an application on the bus asks; {@code body} is whatever it sent. */
public record JsonCall(MultiMap headers, @Nullable Object body) {}
