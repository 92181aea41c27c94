package io.sotto.http;

import io.sotto.http.ModelChooser.Choice;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Models, qualities and languages as the API shows them. */
final class ModelJson {
  private static final double MB = 1_000_000;

  private ModelJson() {}

  static JsonObject list(ModelRoster roster) {
    Map<String, OfferedModel> offered =
        roster.offered().stream()
            .collect(Collectors.toMap(OfferedModel::name, Function.identity()));
    JsonArray models = new JsonArray();
    for (String name : roster.names()) {
      OfferedModel model = offered.getOrDefault(name, OfferedModel.unknown(name));
      models.add(of(model).put("default", name.equals(roster.defaultModel())));
    }
    long sizes = offered.values().stream().flatMap(model -> model.size().stream()).count();
    return new JsonObject()
        .put("object", "list")
        .put("models", models)
        .put("default_model", roster.defaultModel())
        .put("auto_selection_available", sizes > 1);
  }

  private static JsonObject of(OfferedModel model) {
    JsonObject speeds = new JsonObject();
    new TreeMap<>(model.speeds())
        .forEach(
            (device, speed) ->
                speeds.put(
                    device,
                    new JsonObject()
                        .put("times_real_time", rounded(speed))
                        .put("real_time_factor", rounded(1 / speed))));
    return new JsonObject()
        .put("name", model.name())
        .put("size", model.size().map(ModelSize::wire).orElse(null))
        .put("size_mb", model.bytes() == null ? null : rounded(model.bytes() / MB))
        .put("precision", model.precision())
        .put("multilingual", model.multilingual())
        .put("languages", model.codes().size())
        .put("can_translate", model.multilingual())
        .put("available", model.workers() > 0)
        .put("workers", model.workers())
        .put("measured_speed", speeds);
  }

  private static double rounded(double number) {
    return Math.round(number * 1000) / 1000.0;
  }

  static JsonObject strategies(String defaultModel) {
    JsonArray list =
        new JsonArray()
            .add(strategy("default", "no model, or whisper-1", "The model " + defaultModel))
            .add(strategy("named", "model=NAME", "That model, or 404 where no worker has it"))
            .add(
                strategy(
                    "quality",
                    "model=auto and quality=speed, balanced, accuracy or precision",
                    "Among the models that know the language and can do the task, the one that the"
                        + " quality prefers; balanced where none is named"))
            .add(
                strategy(
                    "deadline",
                    "model=auto and deadline_seconds=N",
                    "Only models that are measured to be done by then, of these the one that the"
                        + " quality prefers; the fastest measured where none is"));
    return new JsonObject().put("object", "list").put("strategies", list);
  }

  private static JsonObject strategy(String key, String request, String description) {
    return new JsonObject().put("key", key).put("request", request).put("description", description);
  }

  static JsonObject qualities() {
    JsonArray list = new JsonArray();
    for (Quality quality : Quality.values()) {
      JsonArray temperatures =
          quality.temperatures() == null ? null : new JsonArray(quality.temperatures());
      list.add(
          new JsonObject()
              .put("key", quality.key())
              .put("name", quality.title())
              .put("description", quality.description())
              .put("priority", quality.ordinal() + 1)
              .put("default", quality == Quality.BALANCED)
              .put(
                  "decoding",
                  new JsonObject()
                      .put("temperature", temperatures)
                      .put("beam_size", quality.beamSize())
                      .put("best_of", quality.bestOf())));
    }
    return new JsonObject().put("object", "list").put("quality_preferences", list);
  }

  static JsonObject languages(List<OfferedModel> offered) {
    JsonArray list = new JsonArray();
    for (String code : Languages.codes()) {
      JsonArray models = new JsonArray();
      offered.stream()
          .filter(model -> model.codes().contains(code))
          .forEach(model -> models.add(model.name()));
      list.add(
          new JsonObject()
              .put("code", code)
              .put("name", Languages.name(code))
              .put("native_name", Languages.nativeName(code))
              .put("models", models));
    }
    return new JsonObject().put("object", "list").put("languages", list);
  }

  /** {@code length} in seconds, null while unknown; {@code guessed}: from the bytes alone. */
  static JsonObject preview(
      Choice choice, JsonObject input, @Nullable Double length, boolean guessed) {
    return new JsonObject()
        .put("selected_model", choice.model().name())
        .put("input_parameters", input)
        .put("selection_reason", choice.reason())
        .put("audio_seconds", length == null ? null : rounded(length))
        .put("audio_seconds_estimated", length != null && guessed)
        .put("estimated_seconds", choice.seconds() == null ? null : rounded(choice.seconds()));
  }

  /** What the server chose, as the answer to the call that made the job tells it. */
  static JsonObject selection(Choice choice, @Nullable Quality quality) {
    return new JsonObject()
        .put("quality", (quality == null ? Quality.BALANCED : quality).key())
        .put("reason", choice.reason())
        .put("estimated_seconds", choice.seconds() == null ? null : rounded(choice.seconds()));
  }
}
