package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told when it cannot have what it asked for, in OpenAI's error object: {@code
 * message} states cause and remedy, {@code param} the field at fault, {@code code} is stable.
 */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final long RETRY_AFTER_S = 5;
  private final int status;
  private final String code;
  private final @Nullable String param;
  private final long retryAfterS;

  ApiError(int status, String code, @Nullable String param, String message) {
    this(status, code, param, message, RETRY_AFTER_S);
  }

  private ApiError(
      int status, String code, @Nullable String param, String message, long retryAfterS) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfterS = retryAfterS;
  }

  /** The same, for a client that had better come again in {@code seconds}. */
  ApiError after(long seconds) {
    return new ApiError(status, code, param, String.valueOf(getMessage()), seconds);
  }

  /** What to wait before the request is made again, where that helps at all. */
  @Nullable String retryAfter() {
    return status == 429 || status == 503 ? String.valueOf(retryAfterS) : null;
  }

  static ApiError badField(String param, String message) {
    return new ApiError(400, FailureCode.BAD_REQUEST.code(), param, message);
  }

  static ApiError of(FailureCode code, String message) {
    return new ApiError(code.httpStatus(), code.code(), null, message);
  }

  /** Ours as it is; a {@link SottoException} by its code; anything else is a defect. */
  static ApiError of(Throwable failure) {
    return switch (failure) {
      case ApiError known -> known;
      case SottoException ours when ours.code() == FailureCode.INTERNAL -> internal();
      case SottoException ours -> of(ours.code(), ours.reason());
      default -> internal();
    };
  }

  private static ApiError internal() {
    return of(
        FailureCode.INTERNAL,
        "something went wrong on our side; the log has it under the request id");
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  JsonObject json() {
    JsonObject error =
        new JsonObject()
            .put("message", getMessage())
            .put("type", type())
            .put("param", param)
            .put("code", code);
    return new JsonObject().put("error", error);
  }

  private String type() {
    if (status == 429) {
      return FailureCode.RATE_LIMIT_EXCEEDED.code();
    }
    return status < 500 ? "invalid_request_error" : "server_error";
  }
}
