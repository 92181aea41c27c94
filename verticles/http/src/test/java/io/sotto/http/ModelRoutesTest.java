package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ModelFacts;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A7, A8, A9, T17: what there is to choose from, and that the chosen model is the one that runs.
 */
class ModelRoutesTest {
  private static final String PREVIEW = "/api/v1/models/preview";
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private Client client;

  @BeforeEach
  void start() {
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base");
    HttpVerticle http = new HttpVerticle(options, jobs, new FakeAudioStore(), bus);
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private void offer() {
    offer("cpu", List.of(facts("tiny.en", 0, 40), facts("base", 99, 10), facts("large", 100, 0.5)));
    offer("cuda", List.of(facts("base", 99, 50)));
    until(
        () -> Future.succeededFuture(models()),
        models -> models.getJsonObject("base").getInteger("workers") == 2);
  }

  private void offer(String device, List<ModelFacts> facts) {
    List<String> names = facts.stream().map(ModelFacts::name).toList();
    bus.publish(
        Addresses.OFFERS, new WorkerOffer(NodeId.create(), device, names, 8, 8, 1, facts, null));
  }

  private static ModelFacts facts(String name, int languages, double speed) {
    return new ModelFacts(name, 80_000_000, "int8", languages, 4, speed);
  }

  private JsonObject get(String path) {
    Answer answer = client.get(path, null);
    assertEquals(200, answer.status(), () -> answer.body().encode());
    return answer.body();
  }

  private JsonObject models() {
    JsonObject byName = new JsonObject();
    each(get("/api/v1/models").getJsonArray("models"))
        .forEach(model -> byName.put(model.getString("name"), model));
    return byName;
  }

  private static List<JsonObject> each(JsonArray array) {
    return array.stream().map(JsonObject.class::cast).toList();
  }

  @Test
  void beforeAnyWorkerSpeaksOnlyTheDefaultIsKnown() {
    JsonObject list = get("/api/v1/models");
    JsonObject base = models().getJsonObject("base");
    assertEquals("base", list.getString("default_model"));
    assertFalse(list.getBoolean("auto_selection_available"));
    assertTrue(base.getBoolean("default"));
    assertFalse(base.getBoolean("available"));
    assertNull(base.getDouble("size_mb"));
  }

  @Test
  void modelsAreListedWithWhatWorkersMeasuredOnEachDevice() {
    offer();
    assertTrue(get("/api/v1/models").getBoolean("auto_selection_available"));
    JsonObject base = models().getJsonObject("base");
    assertEquals(80.0, base.getDouble("size_mb"));
    assertEquals("int8", base.getString("precision"));
    assertEquals(99, base.getInteger("languages"));
    assertTrue(base.getBoolean("can_translate"));
    JsonObject speeds = base.getJsonObject("measured_speed");
    assertEquals(10.0, speeds.getJsonObject("cpu").getDouble("times_real_time"));
    assertEquals(0.1, speeds.getJsonObject("cpu").getDouble("real_time_factor"));
    assertEquals(50.0, speeds.getJsonObject("cuda").getDouble("times_real_time"));
    JsonObject english = models().getJsonObject("tiny.en");
    assertFalse(english.getBoolean("multilingual"));
    assertFalse(english.getBoolean("can_translate"));
  }

  @Test
  void qualitiesAndStrategiesAreListed() {
    List<JsonObject> qualities =
        each(get("/api/v1/models/quality-preferences").getJsonArray("quality_preferences"));
    assertEquals(
        List.of("speed", "balanced", "accuracy", "precision"),
        qualities.stream().map(quality -> quality.getString("key")).toList());
    assertEquals(5, qualities.getLast().getJsonObject("decoding").getInteger("beam_size"));
    assertEquals(4, get("/api/v1/models/strategies").getJsonArray("strategies").size());
  }

  @Test
  void languagesSayWhichModelsKnowThemAndWhatTheirSpeakersCallThem() {
    offer();
    List<JsonObject> languages = each(get("/api/v1/languages").getJsonArray("languages"));
    assertEquals(100, languages.size());
    JsonObject german = of(languages, "de");
    assertEquals("german", german.getString("name"));
    assertEquals("Deutsch", german.getString("native_name"));
    assertEquals(new JsonArray().add("base").add("large"), german.getJsonArray("models"));
    assertEquals(new JsonArray().add("large"), of(languages, "yue").getJsonArray("models"));
    assertEquals(3, of(languages, "en").getJsonArray("models").size());
    for (JsonObject language : languages) {
      assertNotEquals(language.getString("code"), language.getString("native_name"));
      assertFalse(language.getString("native_name").isBlank());
    }
  }

  private static JsonObject of(List<JsonObject> languages, String code) {
    return languages.stream()
        .filter(language -> language.getString("code").equals(code))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void thePreviewAndTheJobGetTheSameModel() {
    offer();
    List<Map<String, String>> wishes =
        List.of(
            Map.of("quality", "speed", "language", "en"),
            Map.of("quality", "speed", "language", "de"),
            Map.of("quality", "precision"),
            Map.of("quality", "precision", "deadline_seconds", "2"),
            Map.of("model", "auto"));
    List<String> chosen =
        wishes.stream()
            .map(
                wish -> {
                  StringBuilder query = new StringBuilder(PREVIEW + "?file_size=100");
                  wish.forEach((name, value) -> query.append("&" + name + "=" + value));
                  JsonObject preview = get(query.toString());
                  Answer job = client.upload(null, wish);
                  assertEquals(202, job.status(), () -> job.body().encode());
                  String model = job.body().getString("model");
                  assertEquals(preview.getString("selected_model"), model);
                  assertEquals(
                      preview.getString("selection_reason"),
                      job.body().getJsonObject("model_selection").getString("reason"));
                  return model;
                })
            .toList();
    assertEquals(List.of("tiny.en", "base", "large", "large", "base"), chosen);
  }

  @Test
  void aPreviewSaysWhatItReckonedWith() {
    offer();
    JsonObject by = get(PREVIEW + "?duration=600&quality=precision&deadline=100&language=de");
    assertEquals("base", by.getString("selected_model"));
    assertEquals(6.0, by.getDouble("estimated_seconds"), "two workers, fifty times real time");
    assertFalse(by.getBoolean("audio_seconds_estimated"));
    assertEquals(100.0, by.getJsonObject("input_parameters").getDouble("deadline_seconds"));
    JsonObject guessed = get(PREVIEW + "?fileSize=80000");
    assertEquals(10.0, guessed.getDouble("audio_seconds"));
    assertTrue(guessed.getBoolean("audio_seconds_estimated"));
    JsonObject named = get(PREVIEW + "?userModel=large");
    assertEquals("large", named.getString("selected_model"));
    assertTrue(named.getString("selection_reason").startsWith("the request names it"));
    assertNull(named.getDouble("estimated_seconds"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quality=best",
        "duration=-1",
        "duration=x",
        "file_size=1e9",
        "language=q",
        "deadline=0",
        "deadline=700000",
        "task=q",
      })
  void aWishThatDoesNotFitIsRefusedByName(String query) {
    Answer answer = client.get(PREVIEW + "?" + query, null);
    assertEquals(400, answer.status());
    assertEquals(query.substring(0, query.indexOf('=')), answer.error().getString("param"));
  }

  @Test
  void anUnknownModelIsNotFound() {
    assertEquals(404, client.get(PREVIEW + "?model=q", null).status());
  }

  @Test
  void qualityDecidesTheDecodingAndAFieldWinsOverIt() {
    offer();
    Answer wide = client.upload(null, Map.of("quality", "precision", "model", "base"));
    Answer own =
        client.upload(null, Map.of("quality", "precision", "model", "base", "beam_size", "2"));
    assertEquals(4, beam(wide), "workers have rows for four");
    assertEquals(2, beam(own));
    assertFalse(wide.body().containsKey("model_selection"), "there was nothing to choose");
    assertEquals(400, client.upload(null, Map.of("quality", "best")).status());
    assertEquals(400, client.upload(null, Map.of("deadline_seconds", "soon")).status());
  }

  private int beam(Answer job) {
    var id = io.sotto.protocol.JobId.parse(job.id()).orElseThrow();
    return await(jobs.find(1, id)).orElseThrow().options().decoding().beamSize();
  }

  @Test
  void aRepeatedRequestIsTheSameWhateverWouldBeChosenNow() {
    Map<String, String> wish = Map.of("quality", "speed", "language", "en");
    Answer first = client.upload(null, wish, "Idempotency-Key", "k");
    offer();
    Answer again = client.upload(null, wish, "Idempotency-Key", "k");
    assertEquals("base", first.body().getString("model"));
    assertEquals(first.id(), again.id());
    assertEquals("base", again.body().getString("model"));
    Map<String, String> other = Map.of("quality", "precision", "language", "en");
    assertEquals(422, client.upload(null, other, "Idempotency-Key", "k").status());
  }
}
