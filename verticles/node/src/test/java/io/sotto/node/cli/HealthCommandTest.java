package io.sotto.node.cli;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.sotto.http.ManagementVerticle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What containers ask with, beside the real management port. */
class HealthCommandTest {
  private final Vertx vertx = Vertx.vertx();
  private volatile List<String> obstacles = List.of();
  private final StringWriter said = new StringWriter();

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private int node() {
    var management =
        new ManagementVerticle(
            "127.0.0.1",
            0,
            () -> Future.succeededFuture(obstacles),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    await(vertx.deployVerticle(management));
    return management.port();
  }

  private int health(int port, String... more) {
    CommandLine line =
        new CommandLine(new HealthCommand())
            .setOut(new PrintWriter(said, true))
            .setErr(new PrintWriter(said, true));
    String[] arguments = new String[more.length + 2];
    arguments[0] = "--management-port";
    arguments[1] = Integer.toString(port);
    System.arraycopy(more, 0, arguments, 2, more.length);
    return line.execute(arguments);
  }

  @Test
  void aNodeThatWorksIsBoth() {
    int port = node();
    assertEquals(0, health(port));
    assertEquals(0, health(port, "--ready"));
  }

  @Test
  void aNodeWithoutItsStoresLivesAndIsNotReadyAndSaysWhy() {
    int port = node();
    obstacles = List.of("the database does not answer");
    assertEquals(0, health(port));
    assertEquals(1, health(port, "--ready"));
    assertTrue(said.toString().contains("the database does not answer"), said.toString());
  }

  @Test
  void whereNobodyListensIsNoNode() {
    int port = node();
    await(vertx.close());
    assertEquals(1, health(port));
    assertTrue(said.toString().contains("no node answers at http://127.0.0.1:"), said.toString());
  }
}
