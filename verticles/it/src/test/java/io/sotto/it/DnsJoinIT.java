package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes find each other as pods do: by cluster-config/hazelcast-kubernetes.yaml, a name that stands
 * for all their addresses, and the ports of k8s/base/config.yaml. The JVM looks the name up in a
 * file. Each node has an address of its own, as a pod has, in a network that this test makes.
 */
class DnsJoinIT {
  private static final String JOIN = "cluster-config/hazelcast-kubernetes.yaml";
  private static final List<String> SAME =
      List.of(
          "SOTTO_CLUSTER_NAME",
          "SOTTO_CLUSTER_PORT",
          "SOTTO_CLUSTER_PORT_COUNT",
          "SOTTO_CLUSTER_BUS_PORT");
  private static final String FRONT = "127.0.0.1";
  private static final String BACK = "127.0.0.2";
  private static final long PATIENCE_S = 120;

  /**
   * A network namespace with both addresses; it ends with the input of the process that keeps it.
   */
  private static final String NETWORK =
      "ip link set lo up && ip addr add " + BACK + "/8 dev lo && echo there && exec cat";

  @TempDir private Path data;
  private Process keeper;
  private List<String> enter;

  @BeforeEach
  void network() throws IOException {
    boolean root = ProcessHandle.current().info().user().filter("root"::equals).isPresent();
    String unshare = "exec unshare " + (root ? "-n" : "-Urn") + " sh -c \"$0\"";
    keeper = new ProcessBuilder("sh", "-c", unshare, NETWORK).start();
    assumeTrue(
        keeper.inputReader().readLine() != null,
        "no network namespace can be made here: it takes root or user namespaces, and the programs"
            + " ip, unshare and nsenter");
    List<String> line =
        new ArrayList<>(List.of("nsenter", "-t", Long.toString(keeper.pid()), "-n"));
    if (!root) {
      line.addAll(List.of("-U", "--preserve-credentials"));
    }
    enter = line;
  }

  @AfterEach
  void close() {
    keeper.destroy();
  }

  /** What the headless Service of Kubernetes answers for its name. */
  private Path names() throws IOException {
    String service =
        DeployFiles.yaml(JOIN)
            .getFirst()
            .at("/hazelcast/network/join/kubernetes/service-dns")
            .asText();
    return Files.write(
        data.resolve("hosts"),
        List.of(FRONT + " localhost", FRONT + " " + service, BACK + " " + service));
  }

  private List<String> inside(List<String> flags, String... arguments) {
    List<String> line = new ArrayList<>(enter);
    line.addAll(NodeProcess.java(flags, "", "io.sotto.node.Main"));
    line.addAll(List.of(arguments));
    return line;
  }

  private NodeProcess pod(String address, String roles) throws IOException {
    DeployFiles files = DeployFiles.read();
    Map<String, String> environment = new HashMap<>();
    SAME.forEach(key -> environment.put(key, files.setting("sotto-config", key)));
    environment.put("SOTTO_CLUSTER_CONFIG", Recordings.HOME.resolve(JOIN).toString());
    environment.put("SOTTO_CLUSTER_HOST", address);
    environment.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    environment.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    environment.put("SOTTO_INGEST_TEMP", data.resolve("ingest").toString());
    List<String> flags = List.of("-Xmx512m", "-Djdk.net.hosts.file=" + names());
    List<String> command =
        inside(flags, "serve", "--data", data.toString(), "--roles", roles, "--port", "0");
    return NodeProcess.start(
        command, environment, Files.createTempFile(data, "node-", ".log"), line -> {});
  }

  /** The front has no worker: what is transcribed was done by the node that was found by name. */
  @Test
  void aJobIsDoneByANodeThatWasFoundByName() throws Exception {
    try (NodeProcess front = pod(FRONT, "http,ingest,scheduler");
        NodeProcess worker = pod(BACK, "worker")) {
      worker.node();
      Path text = data.resolve("text");
      List<String> call =
          inside(
              List.of("-Xmx128m"),
              "transcribe",
              "--server",
              front.url(),
              Recordings.JFK.toString());
      Process client =
          new ProcessBuilder(call)
              .redirectOutput(text.toFile())
              .redirectError(data.resolve("err").toFile())
              .start();
      assertTrue(client.waitFor(PATIENCE_S, TimeUnit.SECONDS), front::lastWords);
      assertEquals(Recordings.JFK_WORDS, Recordings.words(Files.readString(text)));
      assertEquals(0, client.exitValue());
    }
  }
}
