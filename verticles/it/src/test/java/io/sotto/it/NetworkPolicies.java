package io.sotto.it;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What Kubernetes' NetworkPolicies of one namespace let through, by the rules of {@code
 * networking.k8s.io/v1}: a pod that any policy selects for a direction may do in it what one of
 * them allows and nothing else; a connection needs the word of both its ends. Rules are lists of
 * peers and of ports, either of which may be left out and then means all.
 */
final class NetworkPolicies {
  private final String namespace;
  private final List<JsonNode> policies;

  /** By direction and name of the pod. */
  private final Map<String, List<JsonNode>> held = new HashMap<>();

  NetworkPolicies(String namespace, List<JsonNode> policies) {
    this.namespace = namespace;
    this.policies = policies;
  }

  /**
   * An end of a connection. A pod has labels; {@code namespace} and its labels are empty for what
   * is outside the cluster, which an address names. Pods are no ipBlock's, as networks have it that
   * know pods.
   */
  record End(
      String name,
      String namespace,
      Map<String, String> namespaceLabels,
      Map<String, String> labels,
      String address) {
    static End pod(String name, String namespace, Map<String, String> of, Map<String, String> own) {
      Map<String, String> labels = new HashMap<>(of);
      labels.put("kubernetes.io/metadata.name", namespace);
      return new End(name, namespace, labels, own, "");
    }

    static End outside(String address) {
      return new End(address, "", Map.of(), Map.of(), address);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  boolean may(End from, End to, String protocol, int port) {
    return allows("Egress", "egress", "to", from, to, protocol, port)
        && allows("Ingress", "ingress", "from", to, from, protocol, port);
  }

  private boolean allows(
      String type, String rules, String peers, End own, End other, String protocol, int port) {
    List<JsonNode> holding =
        own.namespace.equals(namespace)
            ? held.computeIfAbsent(type + " " + own.name, once -> holding(type, own))
            : List.of();
    return holding.isEmpty()
        || holding.stream()
            .flatMap(spec -> elements(spec.path(rules)))
            .anyMatch(
                rule ->
                    all(rule.path("ports"), open -> open(open, protocol, port))
                        && all(rule.path(peers), peer -> meant(peer, other)));
  }

  private List<JsonNode> holding(String type, End own) {
    return policies.stream()
        .map(policy -> policy.path("spec"))
        .filter(spec -> names(spec.path("policyTypes"), type))
        .filter(spec -> selects(spec.path("podSelector"), own.labels))
        .toList();
  }

  private static boolean names(JsonNode list, String wanted) {
    return elements(list).anyMatch(one -> one.asText().equals(wanted));
  }

  private static Stream<JsonNode> elements(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  /** What is left out or empty means everything. */
  private static boolean all(JsonNode list, Predicate<JsonNode> wanted) {
    return list.isEmpty() || elements(list).anyMatch(wanted);
  }

  private boolean meant(JsonNode peer, End other) {
    if (peer.has("ipBlock")) {
      return !other.address.isEmpty() && inBlock(peer.path("ipBlock"), other.address);
    }
    boolean place =
        peer.has("namespaceSelector")
            ? selects(peer.path("namespaceSelector"), other.namespaceLabels)
            : other.namespace.equals(namespace);
    return !other.namespace.isEmpty()
        && place
        && (!peer.has("podSelector") || selects(peer.path("podSelector"), other.labels));
  }

  private static boolean open(JsonNode open, String protocol, int port) {
    int first = open.path("port").asInt(-1);
    int last = open.path("endPort").asInt(first);
    return open.path("protocol").asText("TCP").equals(protocol)
        && (!open.has("port") || port >= first && port <= last);
  }

  private static boolean selects(JsonNode selector, Map<String, String> labels) {
    boolean equal =
        selector.path("matchLabels").properties().stream()
            .allMatch(one -> one.getValue().asText().equals(labels.get(one.getKey())));
    return equal && elements(selector.path("matchExpressions")).allMatch(one -> holds(one, labels));
  }

  private static boolean holds(JsonNode expression, Map<String, String> labels) {
    String value = labels.get(expression.path("key").asText());
    String operator = expression.path("operator").asText();
    return switch (operator) {
      case "In" -> value != null && names(expression.path("values"), value);
      case "NotIn" -> value == null || !names(expression.path("values"), value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      default -> throw new IllegalArgumentException("no such operator: " + operator);
    };
  }

  private static boolean inBlock(JsonNode block, String address) {
    return inside(block.path("cidr").asText(), address)
        && elements(block.path("except")).noneMatch(one -> inside(one.asText(), address));
  }

  private static boolean inside(String cidr, String address) {
    try {
      String[] parts = cidr.split("/");
      byte[] net = InetAddress.getByName(parts[0]).getAddress();
      byte[] own = InetAddress.getByName(address).getAddress();
      int rest = net.length * 8 - Integer.parseInt(parts[1]);
      return net.length == own.length
          && new BigInteger(1, net)
              .shiftRight(rest)
              .equals(new BigInteger(1, own).shiftRight(rest));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
