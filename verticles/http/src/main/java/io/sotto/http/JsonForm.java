package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** The fields of a form as one JSON object, for requests that name their recording. */
final class JsonForm {
  private JsonForm() {}

  /** Reads at most {@link HttpOptions#FORM_OVERHEAD_BYTES}; must be called before the body is. */
  static Future<Form> receive(HttpServerRequest request) {
    Promise<Buffer> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    request.exceptionHandler(broken -> whole.tryFail(Form.broken(broken)));
    request.endHandler(end -> whole.tryComplete(body));
    request.handler(
        part -> {
          if (body.length() + part.length() > HttpOptions.FORM_OVERHEAD_BYTES) {
            whole.tryFail(tooLarge());
          } else {
            body.appendBuffer(part);
          }
        });
    request.resume();
    return whole.future().map(read -> form(parsed(read)));
  }

  private static ApiError tooLarge() {
    return new ApiError(
        413,
        FailureCode.TOO_LARGE.code(),
        null,
        "the JSON is larger than "
            + HttpOptions.FORM_OVERHEAD_BYTES
            + " bytes; a recording is sent as multipart/form-data, or named by url");
  }

  /** The fields of {@code body}; refused where they are too many, or no fields. */
  static Form form(JsonObject body) {
    MultiMap fields = MultiMap.caseInsensitiveMultiMap();
    for (Map.Entry<String, Object> field : body) {
      Object value = field.getValue();
      if (value instanceof JsonArray list) {
        list.forEach(one -> put(fields, field.getKey(), one));
      } else {
        put(fields, field.getKey(), value);
      }
      if (fields.size() > HttpOptions.FORM_FIELDS_MAX) {
        throw new ApiError(
            400,
            FailureCode.BAD_REQUEST.code(),
            null,
            "the JSON has more than " + HttpOptions.FORM_FIELDS_MAX + " fields");
      }
    }
    return new Form(fields, null, null, null);
  }

  private static JsonObject parsed(Buffer body) {
    try {
      return body.toJsonObject();
    } catch (DecodeException | ClassCastException notOne) {
      throw new ApiError(
          400,
          FailureCode.BAD_REQUEST.code(),
          null,
          "the body is not a JSON object; send {\"url\": \"https://…\"}");
    }
  }

  private static void put(MultiMap fields, String name, Object value) {
    switch (value) {
      case null -> {}
      case String text -> fields.add(name, text);
      case Number number -> fields.add(name, number.toString());
      case Boolean flag -> fields.add(name, flag.toString());
      default ->
          throw ApiError.badField(
              name, name + " is a text, a number, true, false, or a list of these");
    }
  }
}
