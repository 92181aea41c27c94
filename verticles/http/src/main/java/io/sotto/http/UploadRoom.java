package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How much memory the uploads that are being received may take together; what does not fit is
 * refused before it is read. A slow store, or many slow clients, would take all there is otherwise.
 * Lives on the verticle's event loop.
 */
final class UploadRoom {
  /** Of one, however long it is: a part that is being stored, and the one that is coming in. */
  static final long EACH_BYTES_MAX = 32 << 20;

  private final long bytesMax;
  private long taken;

  UploadRoom(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Runs {@code work} while there is room for {@code request}; one alone always has it. */
  <T> Future<T> during(HttpServerRequest request, Supplier<Future<T>> work) {
    long needs = needs(request.getHeader(HttpHeaders.CONTENT_LENGTH));
    if (taken > 0 && taken + needs > bytesMax) {
      return Future.failedFuture(
          ApiError.of(
              FailureCode.OVERLOADED,
              "this node receives as many uploads as its memory holds; send it again, or"
                  + " elsewhere"));
    }
    taken += needs;
    return Future.succeededFuture().compose(go -> work.get()).onComplete(over -> taken -= needs);
  }

  /** Twice its length: as it comes in, and as it goes to the store. */
  static long needs(@Nullable String length) {
    boolean declared = length != null && length.matches("\\d{1,12}");
    return declared ? Math.min(EACH_BYTES_MAX, 2 * Long.parseLong(length)) : EACH_BYTES_MAX;
  }
}
