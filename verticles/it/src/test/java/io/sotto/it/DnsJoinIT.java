package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes find each other as pods do: by cluster-config/hazelcast-kubernetes.yaml, a name that stands
 * for all their addresses, and the ports of k8s/base/config.yaml. The name is looked up by the JVM
 * in a file; every node has a loopback address of its own, as a pod has.
 */
class DnsJoinIT {
  private static final String JOIN = "cluster-config/hazelcast-kubernetes.yaml";
  private static final int MOST = 250;

  /** Others on this machine may run this test too. */
  private final String net =
      "127.%d.%d."
          .formatted(
              ThreadLocalRandom.current().nextInt(2, MOST),
              ThreadLocalRandom.current().nextInt(2, MOST));

  @TempDir private Path data;

  /** What the headless Service of Kubernetes answers for its name. */
  private Path names() throws IOException {
    String service =
        DeployFiles.yaml(JOIN)
            .getFirst()
            .at("/hazelcast/network/join/kubernetes/service-dns")
            .asText();
    List<String> lines = List.of("127.0.0.1 localhost", net + "1 " + service, net + "2 " + service);
    return Files.write(data.resolve("hosts"), lines);
  }

  private NodeProcess pod(String address, String roles, Path names) throws IOException {
    DeployFiles files = DeployFiles.read();
    Map<String, String> environment = new HashMap<>();
    for (String key :
        List.of("SOTTO_CLUSTER_NAME", "SOTTO_CLUSTER_PORT", "SOTTO_CLUSTER_PORT_COUNT")) {
      environment.put(key, files.setting("sotto-config", key));
    }
    environment.put(
        "SOTTO_CLUSTER_BUS_PORT", files.setting("sotto-config", "SOTTO_CLUSTER_BUS_PORT"));
    environment.put("SOTTO_CLUSTER_CONFIG", Recordings.HOME.resolve(JOIN).toString());
    environment.put("SOTTO_CLUSTER_HOST", address);
    environment.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    environment.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    environment.put("SOTTO_INGEST_TEMP", data.resolve("ingest").toString());
    List<String> flags = List.of("-Xmx512m", "-Djdk.net.hosts.file=" + names);
    List<String> command = new ArrayList<>(NodeProcess.java(flags, "", "io.sotto.node.Main"));
    command.addAll(List.of("serve", "--data", data.toString(), "--roles", roles, "--port", "0"));
    Path log = Files.createTempFile(data, "node-", ".log");
    return NodeProcess.start(command, environment, log, line -> {});
  }

  @Test
  void aJobIsDoneByANodeThatWasFoundByName() throws Exception {
    Path names = names();
    try (NodeProcess front = pod(net + "1", "http,ingest,scheduler", names);
        NodeProcess worker = pod(net + "2", "worker", names)) {
      Api api = new Api(URI.create(front.url()));
      String node = worker.node();
      Map<String, String> english = Map.of("language", "en");
      String job = Api.json(api.upload(Api.JOBS, Recordings.JFK, english)).path("id").asText();
      JsonNode ended = api.await(job, Api::ended);
      assertEquals(Recordings.JFK_WORDS, Recordings.words(ended.path("text").asText()));
      JsonNode chunks = Api.json(api.get(Api.JOBS + "/" + job + "/chunks")).path("data");
      assertTrue(chunks.size() > 0);
      chunks.forEach(chunk -> assertEquals(node, chunk.path("node").asText()));
    }
  }
}
