package io.sotto.http;

import io.sotto.protocol.Trail;
import io.sotto.storage.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * Who wants a recording transcribed, under which idempotency key, and what the call is known as.
 */
record Caller(Tenant tenant, @Nullable String idempotencyKey, Trail trail) {}
