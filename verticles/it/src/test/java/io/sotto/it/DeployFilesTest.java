package io.sotto.it;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * compose.yaml and k8s/ fit the product and each other. What needs programs of others (schemas,
 * built overlays, policies) is scripts/check-deploy.sh.
 */
class DeployFilesTest {
  private static final String UID = "65532";
  private final DeployFiles files = DeployFiles.read();

  DeployFilesTest() throws IOException {}

  private static int seconds(String duration) {
    Matcher parts = Pattern.compile("(\\d+)(s|m)").matcher(duration);
    assertTrue(parts.matches(), duration);
    return Integer.parseInt(parts.group(1)) * (parts.group(2).equals("m") ? 60 : 1);
  }

  /** Connections that scripts/database-roles.sql allows the nodes' role. */
  private static int roleConnections() throws IOException {
    String roles = Files.readString(Recordings.HOME.resolve("scripts/database-roles.sql"));
    Matcher limit = Pattern.compile("ROLE sotto_app CONNECTION LIMIT (\\d+)").matcher(roles);
    assertTrue(limit.find());
    return Integer.parseInt(limit.group(1));
  }

  @Test
  void everyVariableIsAKeyOfTheConfiguration() {
    assertTrue(files.variables().size() > 20, files.variables().toString());
    Set<String> unknown = new TreeSet<>(files.variables());
    unknown.removeIf(
        name ->
            ConfigLoader.variables().contains(name)
                || ConfigLoader.variables().contains(name.replaceAll("_FILE$", "")));
    assertEquals(Set.of(), unknown);
  }

  @Test
  void secretsAreFilesAndNotValues() {
    for (String name : files.variables()) {
      String key = name.replaceAll("_FILE$", "");
      boolean secret = key.matches(".*_(PASSWORD|SECRET|ACCESS_KEY|SECRET_KEY)");
      assertTrue(!secret || name.endsWith("_FILE"), name);
    }
    assertEquals(List.of(), files.objects("Secret"), "a Secret has no place in this folder");
  }

  @Test
  void imagesHaveAVersionAndThoseOfOthersADigest() {
    List<String> images = files.images();
    assertTrue(images.size() > 8, images.toString());
    for (String image : images) {
      assertTrue(image.matches("\\S+:[^@:/]+(@sha256:[0-9a-f]{64})?"), image);
      assertFalse(image.contains("latest"), image);
      assertTrue(image.contains("@sha256:") || image.matches("(.*/)?sotto:.*"), image);
    }
  }

  @Test
  void aPodHasLongerToLeaveThanTheNodeTakes() {
    int drain = seconds(files.setting("sotto-config", "SOTTO_NODE_DRAIN_TIMEOUT"));
    for (JsonNode deployment : files.objects("Deployment")) {
      int grace = deployment.at("/spec/template/spec/terminationGracePeriodSeconds").asInt();
      assertTrue(grace > drain, deployment.at("/metadata/name") + ": " + grace + " <= " + drain);
    }
    files
        .composeNodes()
        .forEach(
            node -> {
              int grace = seconds(node.path("stop_grace_period").asText());
              String own = node.at("/environment/SOTTO_NODE_DRAIN_TIMEOUT").asText();
              assertTrue(grace > seconds(own), grace + " <= " + own);
            });
  }

  @Test
  void allPodsOfARollingUpdateHaveConnections() throws IOException {
    int pool = Integer.parseInt(files.setting("sotto-api-config", "SOTTO_DATABASE_POOL_SIZE"));
    int nodes = Integer.parseInt(files.setting("sotto-api-config", "SOTTO_DATABASE_NODES_MAX"));
    int most = files.object("HorizontalPodAutoscaler", "sotto-api").at("/spec/maxReplicas").asInt();
    JsonNode api = files.object("Deployment", "sotto-api");
    int surge = api.at("/spec/strategy/rollingUpdate/maxSurge").asInt();
    assertEquals(nodes, most + surge);
    assertTrue(nodes * (pool + 1) < roleConnections());
    assertEquals(0, api.at("/spec/strategy/rollingUpdate/maxUnavailable").asInt(-1));
    JsonNode worker = files.object("Deployment", "sotto-worker");
    assertEquals(0, worker.at("/spec/strategy/rollingUpdate/maxSurge").asInt(-1));
    for (JsonNode node : files.composeNodes()) {
      JsonNode own = node.path("environment");
      if (own.has("SOTTO_DATABASE_HOST")) {
        int all = own.path("SOTTO_DATABASE_NODES_MAX").asInt();
        int each = own.path("SOTTO_DATABASE_POOL_SIZE").asInt() + 1;
        assertTrue(all >= 2 && all * each < roleConnections());
      }
    }
  }

  @Test
  void everyPodIsRestricted() {
    List<JsonNode> pods = files.pods();
    assertEquals(3, pods.size());
    for (JsonNode pod : pods) {
      JsonNode context = pod.path("securityContext");
      JsonNode container = pod.at("/containers/0");
      JsonNode own = container.path("securityContext");
      assertAll(
          () -> assertTrue(context.path("runAsNonRoot").asBoolean()),
          () -> assertEquals(UID, context.path("runAsUser").asText()),
          () -> assertEquals("RuntimeDefault", context.at("/seccompProfile/type").asText()),
          () -> assertFalse(pod.path("automountServiceAccountToken").asBoolean(true)),
          () -> assertFalse(own.path("allowPrivilegeEscalation").asBoolean(true)),
          () -> assertTrue(own.path("readOnlyRootFilesystem").asBoolean()),
          () -> assertEquals("[\"ALL\"]", own.at("/capabilities/drop").toString()),
          () -> assertTrue(container.at("/resources/limits").has("memory")),
          () -> assertEquals(1, pod.path("containers").size()));
    }
  }

  @Test
  void everyServiceOfComposeIsHeldToItsBounds() {
    for (JsonNode service : files.composeServices()) {
      String image = service.path("image").asText();
      assertAll(
          image,
          () -> assertTrue(service.path("read_only").asBoolean()),
          () -> assertEquals("[\"ALL\"]", service.path("cap_drop").toString()),
          () -> assertTrue(service.at("/deploy/resources/limits").has("memory")),
          () -> assertTrue(service.at("/deploy/resources/limits").has("pids")),
          () -> assertTrue(service.has("healthcheck")),
          () -> assertTrue(service.path("networks").size() > 0));
    }
    for (JsonNode node : files.composeNodes()) {
      assertEquals(UID + ":" + UID, node.path("user").asText());
      String cache = node.path("tmpfs").toString();
      assertTrue(cache.contains("/var/cache/sotto:exec,uid=" + UID), cache);
      String address = node.at("/environment/SOTTO_CLUSTER_HOST").asText();
      assertEquals(node.at("/networks/bus/ipv4_address").asText(), address);
      String members = node.at("/environment/SOTTO_CLUSTER_MEMBERS").asText();
      assertTrue(List.of(members.split(",")).contains(address), members);
    }
  }

  @Test
  void everyNameInComposeIsThatOfSomething() {
    JsonNode compose = files.compose();
    for (JsonNode service : files.composeServices()) {
      String image = service.path("image").asText();
      assertTrue(DeployFiles.names(service.path("networks"), compose.path("networks")), image);
      assertTrue(DeployFiles.names(service.path("secrets"), compose.path("secrets")), image);
      assertTrue(DeployFiles.names(service.path("depends_on"), compose.path("services")), image);
      for (JsonNode volume : service.path("volumes")) {
        String source = volume.asText().split(":")[0];
        boolean file = source.startsWith("./");
        assertTrue(
            file
                ? Files.exists(Recordings.HOME.resolve(source))
                : compose.path("volumes").has(source),
            source);
      }
    }
  }

  @Test
  void theThreeProbesAskWhatTheyMean() {
    for (JsonNode deployment : files.objects("Deployment")) {
      JsonNode node = deployment.at("/spec/template/spec/containers/0");
      assertEquals("/health/live", node.at("/startupProbe/httpGet/path").asText());
      assertEquals("/health/live", node.at("/livenessProbe/httpGet/path").asText());
      assertEquals("/health/ready", node.at("/readinessProbe/httpGet/path").asText());
      for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
        assertEquals("management", node.at("/" + probe + "/httpGet/port").asText());
      }
    }
  }

  @Test
  void portsAreTheSameInSettingsPodsServicesPoliciesAndHazelcastsFile() throws IOException {
    String members = files.setting("sotto-config", "SOTTO_CLUSTER_PORT");
    String bus = files.setting("sotto-config", "SOTTO_CLUSTER_BUS_PORT");
    Set<String> both = Set.of(members, bus);
    JsonNode found =
        DeployFiles.yaml("cluster-config/hazelcast-kubernetes.yaml")
            .getFirst()
            .at("/hazelcast/network/join");
    assertEquals(members, found.at("/kubernetes/service-port").asText());
    assertFalse(found.at("/tcp-ip/enabled").asBoolean(true));
    JsonNode service = files.object("Service", found.at("/kubernetes/service-dns").asText());
    assertEquals("None", service.at("/spec/clusterIP").asText());
    assertTrue(service.at("/spec/publishNotReadyAddresses").asBoolean());
    assertEquals(both, new HashSet<>(service.path("spec").findValuesAsText("port")));
    JsonNode policy = files.object("NetworkPolicy", "bus").path("spec");
    assertEquals(both, new HashSet<>(policy.findValuesAsText("port")));
    for (JsonNode deployment : files.objects("Deployment")) {
      JsonNode ports = deployment.at("/spec/template/spec/containers/0/ports");
      assertTrue(ports.findValuesAsText("containerPort").containsAll(both), ports.toString());
    }
  }

  @Test
  void bothHazelcastFilesDifferInHowMembersAreFoundAlone() throws IOException {
    JsonNode here = DeployFiles.yaml("cluster-config/hazelcast.yaml").getFirst();
    JsonNode there = DeployFiles.yaml("cluster-config/hazelcast-kubernetes.yaml").getFirst();
    for (JsonNode one : List.of(here, there)) {
      DeployFiles.object(one.at("/hazelcast/network/join")).remove(List.of("tcp-ip", "kubernetes"));
    }
    assertEquals(here, there);
  }

  /** The receivers know Alertmanager by what is mounted, and no URL or header carries a secret. */
  @Test
  void alertmanagerReadsItsSecretsFromFilesThatItIsGiven() throws IOException {
    JsonNode file = DeployFiles.yaml("conf/monitoring/alertmanager.yml").getFirst();
    Set<String> given = new TreeSet<>();
    files.compose().at("/services/alertmanager/secrets").forEach(name -> given.add(name.asText()));
    Set<String> read = new TreeSet<>();
    for (JsonNode receiver : file.path("receivers")) {
      assertFalse(receiver.path("webhook_configs").isEmpty(), receiver::toString);
      for (JsonNode hook : receiver.path("webhook_configs")) {
        read.add(hook.at("/http_config/authorization/credentials_file").asText());
        assertFalse(hook.path("url").asText().contains("@"), hook::toString);
        assertFalse(hook.at("/http_config/authorization").has("credentials"), hook::toString);
      }
    }
    assertEquals(
        given.stream().map(name -> "/run/secrets/" + name).collect(toCollection(TreeSet::new)),
        read);
  }

  @Test
  void whatPrometheusAsksIsThere() throws IOException {
    JsonNode scrapes = DeployFiles.yaml("conf/monitoring/prometheus.yml").getFirst();
    Set<String> names = new TreeSet<>(files.composeNames());
    scrapes
        .at("/scrape_configs")
        .findValues("targets")
        .forEach(
            targets ->
                targets.forEach(
                    target ->
                        assertTrue(names.contains(target.asText().split(":")[0]), target::asText)));
    for (JsonNode target : scrapes.at("/alerting/alertmanagers/0/static_configs/0/targets")) {
      assertTrue(names.contains(target.asText().split(":")[0]), target::asText);
    }
    JsonNode scaled = files.object("ScaledObject", "sotto-worker");
    assertEquals("Deployment", scaled.at("/spec/scaleTargetRef/kind").asText());
    assertEquals("Value", scaled.at("/spec/triggers/0/metricType").asText());
    assertTrue(scaled.at("/spec/minReplicaCount").asInt() >= 1, "the speed of no worker is 0");
    // the rule's quotient is the alert's, whose test knows both metrics
    String quotient = scaled.at("/spec/triggers/0/metadata/query").asText();
    String alerts = Files.readString(Recordings.HOME.resolve("conf/monitoring/alerts.yml"));
    assertTrue(alerts.replace("\\\"", "\"").contains(quotient), quotient);
  }
}
