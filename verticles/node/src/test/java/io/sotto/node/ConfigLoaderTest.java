package io.sotto.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Shim;
import io.sotto.http.Sources;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.scheduler.webhook.WebhookOptions;
import io.sotto.storage.RetentionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Defaults, the operator's file, environment and command line, in this order; mistakes are told all
 * at once.
 */
class ConfigLoaderTest {
  @TempDir Path folder;

  private static NodeConfig load(Map<String, String> environment, Map<String, String> overrides) {
    return new ConfigLoader(environment).load(null, overrides);
  }

  @Test
  void theDefaultsAreValidAndComplete() {
    NodeConfig config = load(Map.of(), Map.of());
    assertEquals(EnumSet.allOf(Role.class), config.node().roles());
    assertEquals(8080, config.http().port());
    assertEquals(8081, config.http().managementPort());
    assertEquals(1L << 30, config.http().uploadBytesMax());
    assertEquals(Duration.ofSeconds(60), config.http().syncThreshold());
    assertEquals(Duration.ofSeconds(120), config.http().syncTimeout());
    assertNull(config.http().keysFile());
    assertEquals(1000, config.http().tenantJobsMax());
    assertEquals(10_000, config.http().jobsMax());
    assertEquals(Duration.ofSeconds(15), config.http().keepAlive());
    assertEquals(Duration.ofMinutes(1), config.http().keepAliveAfter());
    assertEquals(1000, config.http().streamsMax());
    assertEquals(Set.of(), config.http().shims());
    assertEquals(Duration.ofMillis(250), config.scheduler().poll());
    assertEquals(Duration.ofMinutes(10), config.worker().modelIdle());
    assertEquals(MachineMemory.bytes() / 2, config.worker().modelsMemory());
    assertTrue(config.database().embedded());
    assertTrue(config.s3().embedded());
    assertEquals(
        Path.of(System.getProperty("user.home"), ".local/share/sotto"), config.node().data());
  }

  @Test
  void eachSourceOverridesTheOneBefore() throws IOException {
    Path file = folder.resolve("mine.yaml");
    Files.writeString(file, "http:\n  port: 1001\n  host: 0.0.0.0\nnode:\n  roles: [worker]\n");
    Map<String, String> environment = Map.of("SOTTO_HTTP_PORT", "1002", "SOTTO_WORKER_ROWS", "4");
    NodeConfig config = new ConfigLoader(environment).load(file, Map.of("worker.rows", "2"));
    assertEquals("0.0.0.0", config.http().host());
    assertEquals(1002, config.http().port());
    assertEquals(2, config.worker().rows());
    assertEquals(EnumSet.of(Role.WORKER), config.node().roles());
  }

  @Test
  void shimsAreSwitchedOnByName() {
    Map<String, String> both = Map.of("http.shims", "whisper-cpp, asr-webservice");
    assertEquals(
        Set.of(Shim.WHISPER_CPP, Shim.ASR_WEBSERVICE), load(Map.of(), both).http().shims());
    Map<String, String> wrong = Map.of("http.shims", "deepspeech");
    ConfigException failure = assertThrows(ConfigException.class, () -> load(Map.of(), wrong));
    assertEquals(
        List.of("http.shims: 'deepspeech' is none of whisper-cpp, asr-webservice"),
        failure.errors());
  }

  @Test
  void aWorkersModelsAreBoundedAsWritten() {
    Map<String, String> written =
        Map.of("worker.model-idle", "0s", "worker.models-memory", "3GiB", "worker.models", "a,b");
    NodeConfig.Worker worker = load(Map.of(), written).worker();
    assertEquals(Duration.ZERO, worker.modelIdle());
    assertEquals(3L << 30, worker.modelsMemory());
    assertEquals(List.of("a", "b"), worker.models());
    Map<String, String> wrong = Map.of("worker.model-idle", "8d", "worker.models", "a,b,a");
    ConfigException failure = assertThrows(ConfigException.class, () -> load(Map.of(), wrong));
    assertEquals(
        List.of(
            "worker.model-idle: 8d is not between 0ms and 604800s",
            "worker.models names a model twice"),
        failure.errors());
  }

  @Test
  void openAisModelsAreAliasesOfTheFirstUnlessWrittenOtherwise() {
    Map<String, String> aliases = load(Map.of(), Map.of()).http().modelAliases();
    assertEquals("", aliases.get("whisper-1"));
    assertEquals("", aliases.get("gpt-4o-mini-transcribe-2025-12-15"));
    assertEquals(6, aliases.size());
    Map<String, String> own = Map.of("http.model-aliases", "whisper-1 = large, small");
    assertEquals(
        Map.of("whisper-1", "large", "small", ""), load(Map.of(), own).http().modelAliases());
    Map<String, String> wrong = Map.of("http.model-aliases", "=large, a, a=b");
    ConfigException failure = assertThrows(ConfigException.class, () -> load(Map.of(), wrong));
    assertEquals(
        List.of(
            "http.model-aliases: '=large' is neither ALIAS nor ALIAS=MODEL",
            "http.model-aliases names a twice"),
        failure.errors());
  }

  @Test
  void recordingsAreFetchedFromPublicHostsAlone() {
    Sources usual = load(Map.of(), Map.of()).http().sources("b");
    assertEquals(new Sources(UrlGuard.Policy.STRICT, Duration.ofMinutes(5), 16, "b", ""), usual);
    assertEquals(null, load(Map.of(), Map.of("http.fetch-from", "off")).http().sources("b").urls());
    Map<String, String> inner =
        Map.of(
            "http.fetch-from", "any",
            "http.fetch-ports", "8080",
            "http.s3-objects-prefix", "inbox/{tenant}/");
    Sources open = load(Map.of(), inner).http().sources("b");
    assertEquals(new UrlGuard.Policy(true, true, Set.of(8080)), open.urls());
    assertEquals("inbox/{tenant}/", open.prefix());
    for (String prefix : List.of("uploads/", "chunks/x/", "inbox", "a/../b/", "/", "u p/")) {
      Map<String, String> wrong = Map.of("http.s3-objects-prefix", prefix);
      ConfigException told = assertThrows(ConfigException.class, () -> load(Map.of(), wrong));
      assertEquals(1, told.errors().size(), prefix);
    }
  }

  @Test
  void everythingIsKeptUnlessWrittenOtherwise() {
    NodeConfig.Retention usual = load(Map.of(), Map.of()).retention();
    assertEquals(RetentionStore.Usual.ALL, usual.usual());
    assertEquals(Duration.ofHours(24), usual.orphans());
    assertEquals(Duration.ofHours(27), usual.leakAge(), "three hours to collect them");
    Map<String, String> written =
        Map.of(
            "SOTTO_RETENTION_AUDIO", "0s",
            "SOTTO_RETENTION_TRANSCRIPTS", "90d",
            "SOTTO_RETENTION_WEBHOOKS", "1h",
            "SOTTO_RETENTION_ORPHANS", "");
    NodeConfig.Retention own = load(written, Map.of()).retention();
    assertEquals(
        new RetentionStore.Usual(Duration.ZERO, Duration.ofDays(90), Duration.ofHours(1)),
        own.usual());
    assertEquals(null, own.orphans(), "none is collected");
    for (String key : List.of("transcripts", "orphans", "webhooks")) {
      Map<String, String> wrong = Map.of("retention." + key, "5");
      ConfigException told = assertThrows(ConfigException.class, () -> load(Map.of(), wrong));
      assertEquals(1, told.errors().size(), key);
    }
    Map<String, String> hasty = Map.of("retention.transcripts", "59s");
    assertThrows(ConfigException.class, () -> load(Map.of(), hasty));
  }

  @Test
  void webhooksAreTriedTenTimesAndOnlyOutside() {
    NodeConfig.Webhooks webhooks = load(Map.of(), Map.of()).webhooks();
    assertEquals(9, webhooks.waits().size());
    assertEquals(Duration.ofHours(24), webhooks.waits().getLast());
    assertEquals(UrlGuard.Policy.STRICT, webhooks.urls());
    assertEquals(List.of(), webhooks.secrets());
    assertTrue(webhooks.sealingKeys().isEmpty());
    assertEquals(16, webhooks.endpointsMax());
    String one = "whsec_" + "Q".repeat(32);
    Map<String, String> own =
        Map.of(
            "webhooks.secret", one + "," + one,
            "webhooks.ports", "8443, 9443",
            "webhooks.api-url", "https://speech.example/");
    WebhookOptions options = load(Map.of(), own).webhooks().options();
    assertEquals(2, options.secrets().size());
    assertEquals(Set.of(8443, 9443), options.policy().ports());
    assertEquals("https://speech.example", options.apiUrl());
  }

  @Test
  void mistakesInWebhooksAreToldWithoutTheSecret() {
    Map<String, String> wrong =
        Map.of(
            "webhooks.secret", "hunter2",
            "webhooks.secret-keys", "k:hunter2",
            "webhooks.ports", "0,https",
            "webhooks.waits", "5s,8d",
            "webhooks.at-once", "2");
    ConfigException failure = assertThrows(ConfigException.class, () -> load(Map.of(), wrong));
    String all = String.join("\n", failure.errors());
    assertEquals(7, failure.errors().size(), all);
    assertFalse(all.contains("hunter2"), all);
    assertTrue(all.contains("webhooks.at-once-per-tenant exceeds webhooks.at-once"), all);
    assertTrue(all.contains("webhooks.secret-keys: a key is NAME:BASE64"), all);
    assertTrue(all.contains("webhooks.ports: 'https' is not a whole number"), all);
  }

  @Test
  void secretsComeFromFilesAndAreNeverPrinted() throws IOException {
    Path secret = Files.writeString(folder.resolve("password"), "canary\n");
    NodeConfig config = load(Map.of("SOTTO_DATABASE_PASSWORD_FILE", secret.toString()), Map.of());
    assertEquals("canary", config.database().password().value());
    assertFalse(config.toString().contains("canary"));
  }

  @Test
  void everyMistakeIsToldAtOnce() throws IOException {
    Path file = folder.resolve("wrong.yaml");
    Files.writeString(
        file,
        """
        http: {port: 99999, upload-bytes-max: lots, colour: red}
        node: {roles: [worker, juggler], profile: test}
        scheduler: {poll: 1s2, chunk-deadline: 1ms}
        """);
    ConfigException failure =
        assertThrows(ConfigException.class, () -> new ConfigLoader(Map.of()).load(file, Map.of()));
    String all = String.join("\n", failure.errors());
    for (String mistake :
        List.of(
            "http.port: 99999 is not between 0 and 65535",
            "http.upload-bytes-max: 'lots' is not a size",
            "unknown key http.colour",
            "node.roles: unknown role 'juggler'",
            "node.profile: 'test' is none of development, production",
            "scheduler.poll: '1s2' is not a duration",
            "scheduler.chunk-deadline: 1ms is not between 5s and 3600s")) {
      assertTrue(all.contains(mistake), () -> mistake + " is not in:\n" + all);
    }
    assertEquals(7, failure.errors().size(), all);
  }

  @Test
  void productionRefusesTheEmbeddedStoresAndAnOpenBus() {
    ConfigException failure =
        assertThrows(
            ConfigException.class,
            () -> load(Map.of("SOTTO_NODE_PROFILE", "production"), Map.of()));
    assertEquals(4, failure.errors().size(), failure.getMessage());
    assertTrue(failure.getMessage().contains("cluster.tls-certificate"), failure.getMessage());
    assertTrue(failure.getMessage().contains("cluster.secret"), failure.getMessage());
  }

  @Test
  void productionRefusesToBeEndedAtACrashPoint() {
    System.setProperty(CrashPoint.PROPERTY, "claim.after:0:kill");
    try {
      Map<String, String> worker = Map.of("node.roles", "worker");
      assertTrue(load(Map.of(), worker).node().has(Role.WORKER), "a test may ask for it");
      ConfigException failure =
          assertThrows(
              ConfigException.class,
              () -> load(Map.of("SOTTO_NODE_PROFILE", "production"), worker));
      assertTrue(failure.getMessage().contains(CrashPoint.PROPERTY), failure.getMessage());
    } finally {
      System.clearProperty(CrashPoint.PROPERTY);
    }
  }

  @Test
  void aProductionWorkerNeedsNoStoreAtAll() {
    Map<String, String> worker =
        Map.of(
            "node.roles", "worker",
            "cluster.secret", "sixteen letters!",
            "cluster.plain-bus", "true");
    NodeConfig config = load(Map.of("SOTTO_NODE_PROFILE", "production"), worker);
    assertTrue(config.database().embedded());
    assertNull(config.cluster().tls());
  }

  @Test
  void theBussFilesBelongTogetherAndTheSecretIsLongEnough() {
    Map<String, String> half =
        Map.of("cluster.tls-certificate", "/x/node.pem", "cluster.secret", "short");
    ConfigException failure = assertThrows(ConfigException.class, () -> load(Map.of(), half));
    assertEquals(
        List.of(
            "cluster.tls-certificate, cluster.tls-key and cluster.tls-ca: set all, or none",
            "cluster.secret has fewer than 16 characters"),
        failure.errors());
  }

  @Test
  void whoKnowsTheSecretFindsTheClusterAndNobodyReadsItThere() {
    NodeConfig one = load(Map.of(), Map.of("cluster.secret", "sixteen letters!"));
    NodeConfig same =
        load(Map.of(), Map.of("cluster.secret", "sixteen letters!", "node.data", "/other"));
    NodeConfig other = load(Map.of(), Map.of("cluster.secret", "sixteen letters?"));
    assertEquals(ClusterStart.clusterName(one), ClusterStart.clusterName(same));
    assertNotEquals(ClusterStart.clusterName(one), ClusterStart.clusterName(other));
    assertFalse(ClusterStart.clusterName(one).contains("sixteen"));
  }

  @Test
  void aFileThatIsNotThereOrNotYamlIsNamed() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.yaml"), "http: [");
    for (Path file : List.of(folder.resolve("absent.yaml"), broken)) {
      ConfigException failure =
          assertThrows(
              ConfigException.class, () -> new ConfigLoader(Map.of()).load(file, Map.of()));
      assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
    }
  }
}
