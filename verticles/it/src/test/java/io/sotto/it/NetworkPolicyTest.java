package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.it.NetworkPolicies.End;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * S29: of every pod, port and peer, the policies of k8s/base let through exactly what the settings
 * of that folder need. How a network enforces them is its own business, and not tested here.
 */
class NetworkPolicyTest {
  private static final String SPACE = "sotto";
  private static final int DNS = 53;
  private static final int HTTPS = 443;

  /** Ports that nothing of ours opens: ssh, Kubernetes, Hazelcast's own, MinIO's console, any. */
  private static final List<Integer> CLOSED = List.of(22, 80, 5701, 6443, 9001, 10250, 44444);

  private final DeployFiles files = DeployFiles.read();
  private final JsonNode defaults = DeployFiles.yaml("conf/sotto.yaml").getFirst();
  private final NetworkPolicies policies =
      new NetworkPolicies(SPACE, files.objects("NetworkPolicy"));

  private final End api = pod("Deployment", "sotto-api");
  private final End worker = pod("Deployment", "sotto-worker");
  private final End migrate = pod("Job", "sotto-migrate");
  private final End other = End.pod("other pod", SPACE, Map.of(), Map.of("app", "debug"));
  private final End edge = End.pod("ingress", "edge", Map.of("sotto-edge", "true"), Map.of());
  private final End prometheus =
      End.pod("prometheus", "watch", Map.of("sotto-monitoring", "true"), Map.of());
  private final End stores =
      End.pod("stores", "sotto-stores", Map.of("sotto-stores", "true"), Map.of());
  private final End dns =
      End.pod("kube-dns", "kube-system", Map.of(), Map.of("k8s-app", "kube-dns"));
  private final End system = End.pod("another of kube-system", "kube-system", Map.of(), Map.of());
  private final End stranger =
      End.pod("stranger", "elsewhere", Map.of(), Map.of("app.kubernetes.io/component", "api"));
  private final End internet = End.outside("93.184.216.34");
  private final List<End> innerAddresses =
      Stream.of("169.254.169.254", "10.96.0.1", "192.168.1.1", "172.31.0.1", "127.0.0.1", "fd00::1")
          .map(End::outside)
          .toList();

  NetworkPolicyTest() throws IOException {}

  private End pod(String kind, String name) {
    Map<String, String> labels =
        files.object(kind, name).at("/spec/template/metadata/labels").properties().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, one -> one.getValue().asText()));
    return End.pod(name, SPACE, Map.of(), labels);
  }

  private List<End> everybody() {
    List<End> all = new ArrayList<>(innerAddresses);
    all.addAll(
        List.of(
            api,
            worker,
            migrate,
            other,
            edge,
            prometheus,
            stores,
            dns,
            system,
            stranger,
            internet,
            End.outside("2606:2800:220:1::1")));
    return all;
  }

  // ---- what the settings say

  private int setting(String map, String name, int usual) {
    String written = files.setting(map, name);
    return written.isEmpty() ? usual : Integer.parseInt(written);
  }

  private int port(String name) {
    return defaults.at(name).asInt();
  }

  private int members() {
    return setting("sotto-config", "SOTTO_CLUSTER_PORT", 0);
  }

  private int bus() {
    return setting("sotto-config", "SOTTO_CLUSTER_BUS_PORT", 0);
  }

  private int database() {
    return setting("sotto-api-config", "SOTTO_DATABASE_PORT", port("/database/port"));
  }

  private int objects() {
    return URI.create(files.setting("sotto-api-config", "SOTTO_S3_ENDPOINT")).getPort();
  }

  private int http() {
    return setting("sotto-api-config", "SOTTO_HTTP_PORT", port("/http/port"));
  }

  private int management() {
    return setting("sotto-config", "SOTTO_HTTP_MANAGEMENT_PORT", port("/http/management-port"));
  }

  private static String flow(End from, End to, String protocol, int port) {
    return from + " -> " + to + " " + protocol + " " + port;
  }

  /** Of flows that end or begin in the namespace, those that the product needs. */
  private Set<String> needed() {
    Set<String> flows = new TreeSet<>();
    for (End node : List.of(api, worker)) {
      for (End peer : List.of(api, worker)) {
        flows.add(flow(node, peer, "TCP", members()));
        flows.add(flow(node, peer, "TCP", bus()));
      }
      flows.add(flow(node, stores, "TCP", objects()));
      flows.add(flow(prometheus, node, "TCP", management()));
    }
    flows.add(flow(edge, api, "TCP", http()));
    flows.add(flow(api, stores, "TCP", database()));
    flows.add(flow(migrate, stores, "TCP", database()));
    flows.add(flow(api, internet, "TCP", HTTPS));
    flows.add(flow(api, End.outside("2606:2800:220:1::1"), "TCP", HTTPS));
    for (End pod : List.of(api, worker, migrate, other)) {
      flows.add(flow(pod, dns, "TCP", DNS));
      flows.add(flow(pod, dns, "UDP", DNS));
    }
    return flows;
  }

  private Set<Integer> ports() {
    Set<Integer> ports = new TreeSet<>(CLOSED);
    ports.addAll(
        List.of(members(), bus(), database(), objects(), http(), management(), DNS, HTTPS));
    return ports;
  }

  /** A connection that can be thought of, one end of which is in the namespace. */
  private record Flow(End from, End to, String protocol, int port) {
    @Override
    public String toString() {
      return flow(from, to, protocol, port);
    }
  }

  private List<Flow> flows() {
    Predicate<End> ours = end -> end.namespace().equals(SPACE);
    List<Flow> flows = new ArrayList<>();
    for (End from : everybody()) {
      for (End to : everybody()) {
        for (int port : ours.test(from) || ours.test(to) ? ports() : Set.<Integer>of()) {
          flows.add(new Flow(from, to, "TCP", port));
          flows.add(new Flow(from, to, "UDP", port));
        }
      }
    }
    return flows;
  }

  private static boolean may(NetworkPolicies by, Flow flow) {
    return by.may(flow.from(), flow.to(), flow.protocol(), flow.port());
  }

  @Test
  void exactlyWhatTheSettingsNeedIsLetThrough() {
    Set<String> allowed =
        flows().stream()
            .filter(flow -> may(policies, flow))
            .map(Flow::toString)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(needed(), allowed);
  }

  /** The test would notice: each policy that is taken away changes what is let through. */
  @Test
  void noPolicyIsWithoutEffect() {
    List<JsonNode> all = files.objects("NetworkPolicy");
    Set<String> needed = needed();
    List<Flow> flows = flows();
    for (JsonNode one : all) {
      List<JsonNode> others = all.stream().filter(policy -> policy != one).toList();
      NetworkPolicies without = new NetworkPolicies(SPACE, others);
      assertTrue(
          flows.stream().anyMatch(flow -> may(without, flow) != needed.contains(flow.toString())),
          one.at("/metadata/name").asText());
    }
  }

  /** A pod opens what its container lists, and every one of these ports somebody may reach. */
  @Test
  void everyPortOfAPodIsReachedBySomebodyAndNoOther() {
    for (End pod : List.of(api, worker)) {
      JsonNode ports =
          files.object("Deployment", pod.name()).at("/spec/template/spec/containers/0/ports");
      Set<Integer> opened = new TreeSet<>();
      ports.forEach(port -> opened.add(port.path("containerPort").asInt()));
      Set<Integer> reached = new TreeSet<>();
      for (int port : ports()) {
        if (everybody().stream().anyMatch(from -> policies.may(from, pod, "TCP", port))) {
          reached.add(port);
        }
      }
      assertEquals(opened, reached, pod.name());
    }
  }

  /** Who has no setting of a store has no way to it. */
  @Test
  void waysToTheDatabaseAreThoseOfPodsThatHaveItsName() {
    for (End pod : List.of(api, worker, migrate)) {
      String kind = pod == migrate ? "Job" : "Deployment";
      JsonNode container = files.object(kind, pod.name()).at("/spec/template/spec/containers/0");
      boolean named =
          container.toString().contains("SOTTO_DATABASE_HOST")
              || container.path("envFrom").findValuesAsText("name").contains("sotto-api-config");
      assertEquals(named, policies.may(pod, stores, "TCP", database()), pod.name());
    }
    assertTrue(policies.may(worker, stores, "TCP", objects()), "by the links that API nodes sign");
  }
}
