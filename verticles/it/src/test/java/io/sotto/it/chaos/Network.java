package io.sotto.it.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A small network inside the network namespace of this process: a bridge at whose address stores
 * and clients are, and a namespace of its own for every node. Nodes are cut from each other by
 * sending what is for the other to a card that nobody has: it vanishes without an answer, as in a
 * network that is cut, in one direction or in both.
 *
 * <p>The namespaces have no names. Each lives as long as a process in it, which ends with this one;
 * the kernel removes bridge, cards and addresses with them, however this process ends.
 */
final class Network implements Ground, AutoCloseable {
  private static final String HUB = "10.77.0.1";
  private static final String NODE = "10.77.0.";
  private static final String CARD = "02:00:00:00:00:";
  private static final String NOBODY = CARD + "fe";
  private static final int FIRST = 11;
  private static final int CLUSTER_PORT = 15_701;
  private static final List<List<String>> WAYS =
      List.of(List.of("unshare", "-n"), List.of("unshare", "-Urn"));
  private static final List<String> PROBE =
      List.of("sh", "-c", "ip link add hub type bridge && ip link add one type veth peer name two");

  private final Map<String, Cell> cells = new LinkedHashMap<>();
  private final Map<String, String> settings;

  /** A node's namespace, and the process that keeps it: it reads until its input ends. */
  private record Cell(int number, Process keeper) {
    String address() {
      return NODE + number;
    }

    String card() {
      return CARD + number;
    }

    List<String> enter() {
      return List.of("nsenter", "-t", Long.toString(keeper.pid()), "-n");
    }

    void ip(String batch) throws InterruptedException {
      List<String> line = new ArrayList<>(enter());
      line.addAll(List.of("ip", "-batch", "-"));
      Command.run(line, batch);
    }
  }

  private Network(Map<String, String> settings) {
    this.settings = settings;
  }

  /** What a program's command line begins with to run in a network of its own; empty: cannot. */
  static Optional<List<String>> apart() throws InterruptedException {
    for (List<String> way : WAYS) {
      List<String> line = new ArrayList<>(way);
      line.addAll(PROBE);
      if (Command.failure(line, "").isEmpty()) {
        return Optional.of(way);
      }
    }
    return Optional.empty();
  }

  /**
   * A network for these nodes, to be made in a process that has one to itself ({@link Apart}).
   * {@code settings}: environment variables of all of them.
   */
  static Network open(List<String> names, Map<String, String> settings)
      throws IOException, InterruptedException {
    Network network = new Network(settings);
    try {
      network.build(names);
      return network;
    } catch (IOException | InterruptedException | RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private void build(List<String> names) throws IOException, InterruptedException {
    Command.run(
        List.of("ip", "-batch", "-"),
        """
        link set lo up
        link add hub type bridge
        addr add %s/24 dev hub
        link set hub up
        """
            .formatted(HUB));
    for (String name : names) {
      // it says a line once it stands in its namespace, and ends with its input
      Process keeper =
          new ProcessBuilder("unshare", "-n", "sh", "-c", "echo there && exec cat").start();
      Cell cell = new Cell(FIRST + cells.size(), keeper);
      cells.put(name, cell);
      if (keeper.inputReader().readLine() == null) {
        throw new IllegalStateException("no network namespace for " + name);
      }
      join(cell);
    }
  }

  private static void join(Cell cell) throws InterruptedException {
    Command.run(
        List.of("ip", "-batch", "-"),
        """
        link add n%1$d type veth peer name eth0 netns %2$d
        link set n%1$d master hub up
        """
            .formatted(cell.number(), cell.keeper().pid()));
    cell.ip(
        """
        link set lo up
        link set eth0 address %s up
        addr add %s/24 dev eth0
        """
            .formatted(cell.card(), cell.address()));
  }

  @Override
  public String host() {
    return HUB;
  }

  @Override
  public Spot spot(String name) {
    Cell cell = cells.get(name);
    Map<String, String> all = new HashMap<>(settings);
    all.put("SOTTO_CLUSTER_HOST", cell.address());
    all.put("SOTTO_CLUSTER_PORT", Integer.toString(CLUSTER_PORT));
    all.put("SOTTO_CLUSTER_PORT_COUNT", "1");
    all.put(
        "SOTTO_CLUSTER_MEMBERS",
        cells.values().stream()
            .map(each -> each.address() + ":" + CLUSTER_PORT)
            .collect(Collectors.joining(",")));
    all.put("SOTTO_HTTP_HOST", cell.address());
    all.put("SOTTO_HTTP_MANAGEMENT_HOST", cell.address());
    return new Spot(name, cell.enter(), all);
  }

  /** Nothing that {@code from} send arrives at {@code to}; the other way it does. */
  void drop(List<String> from, List<String> to) throws InterruptedException {
    for (String sender : from) {
      point(sender, to, name -> NOBODY);
    }
  }

  /** Nothing passes between the two groups. */
  void cut(List<String> some, List<String> others) throws InterruptedException {
    drop(some, others);
    drop(others, some);
  }

  /** Nothing passes between any two nodes. */
  void cutAll() throws InterruptedException {
    for (String name : cells.keySet()) {
      drop(List.of(name), List.copyOf(cells.keySet()));
    }
  }

  /** Everybody reaches everybody. */
  void heal() throws InterruptedException {
    for (String name : cells.keySet()) {
      point(name, List.copyOf(cells.keySet()), other -> cells.get(other).card());
    }
  }

  private interface Card {
    String of(String name);
  }

  private void point(String sender, List<String> receivers, Card card) throws InterruptedException {
    String batch =
        receivers.stream()
            .filter(name -> !name.equals(sender))
            .map(
                name ->
                    "neigh replace %s lladdr %s dev eth0 nud permanent\n"
                        .formatted(cells.get(name).address(), card.of(name)))
            .collect(Collectors.joining());
    cells.get(sender).ip(batch);
  }

  @Override
  public void close() {
    cells.values().forEach(cell -> cell.keeper().destroyForcibly());
    try {
      Command.failure(List.of("ip", "link", "del", "hub"), "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it goes with this process
    }
  }
}
