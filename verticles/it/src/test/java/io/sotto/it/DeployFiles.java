package io.sotto.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** compose.yaml, and every object under k8s/ as it is written there, before overlays change it. */
record DeployFiles(JsonNode compose, List<JsonNode> kubernetes) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static DeployFiles read() throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Recordings.HOME.resolve("k8s"))) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        objects.addAll(yaml(Recordings.HOME.relativize(file).toString()));
      }
    }
    return new DeployFiles(yaml("compose.yaml").getFirst(), List.copyOf(objects));
  }

  /** The documents of a file of the project, with anchors and merge keys followed. */
  static List<JsonNode> yaml(String file) throws IOException {
    Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    List<JsonNode> documents = new ArrayList<>();
    for (Object one : yaml.loadAll(Files.readString(Recordings.HOME.resolve(file)))) {
      documents.add(MAPPER.valueToTree(one));
    }
    return documents;
  }

  static ObjectNode object(JsonNode node) {
    return (ObjectNode) node;
  }

  /** Whether everything that {@code named} (a list or a map) names is in {@code defined}. */
  static boolean names(JsonNode named, JsonNode defined) {
    Set<String> all = new TreeSet<>();
    named.fieldNames().forEachRemaining(all::add);
    if (named.isArray()) {
      named.forEach(one -> all.add(one.asText()));
    }
    return all.stream().allMatch(defined::has);
  }

  List<JsonNode> objects(String kind) {
    return kubernetes.stream().filter(one -> one.path("kind").asText().equals(kind)).toList();
  }

  JsonNode object(String kind, String name) {
    return objects(kind).stream()
        .filter(one -> one.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + kind + " named " + name));
  }

  String setting(String map, String name) {
    return object("ConfigMap", map).path("data").path(name).asText();
  }

  /** Pod templates of Deployments and Jobs. */
  List<JsonNode> pods() {
    return kubernetes.stream()
        .map(one -> one.at("/spec/template/spec"))
        .filter(JsonNode::isObject)
        .toList();
  }

  List<JsonNode> composeServices() {
    return StreamSupport.stream(compose.path("services").spliterator(), false).toList();
  }

  Set<String> composeNames() {
    Set<String> names = new TreeSet<>();
    compose.path("services").fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The services that are members of the cluster. */
  List<JsonNode> composeNodes() {
    return composeServices().stream()
        .filter(one -> one.path("environment").has("SOTTO_CLUSTER_HOST"))
        .toList();
  }

  /** Names of all variables that nodes and commands of Sotto are given. */
  Set<String> variables() {
    Set<String> names = new TreeSet<>();
    for (JsonNode service : composeServices()) {
      if (service.path("image").asText().startsWith("sotto:")) {
        service.path("environment").fieldNames().forEachRemaining(names::add);
      }
    }
    objects("ConfigMap").forEach(map -> map.path("data").fieldNames().forEachRemaining(names::add));
    for (JsonNode pod : pods()) {
      pod.at("/containers/0/env").forEach(one -> names.add(one.path("name").asText()));
    }
    return names;
  }

  List<String> images() {
    List<String> images = new ArrayList<>();
    composeServices().forEach(one -> images.add(one.path("image").asText()));
    pods().forEach(one -> images.add(one.at("/containers/0/image").asText()));
    return images;
  }
}
