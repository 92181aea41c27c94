package io.sotto.scheduler.model;

import io.sotto.protocol.NodeId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One incarnation of a node, with the roles it plays. A restart is another process. */
final class Process {
  final NodeId id;
  final Host host;
  private final String name;
  final List<World.Letter> stalledLetters = new ArrayList<>();
  final List<World.Timer> stalledTimers = new ArrayList<>();
  @Nullable SchedulerRole scheduler;
  @Nullable WorkerRole worker;
  @Nullable IngestRole ingest;
  boolean dead;
  boolean frozen;
  boolean cut;
  boolean draining;

  Process(NodeId id, Host host, String name) {
    this.id = id;
    this.host = host;
    this.name = name;
  }

  /** Nothing of its work is in its hands, and nothing is left to tell. */
  boolean idle() {
    return (worker == null || worker.idle())
        && (ingest == null || ingest.idle())
        && (scheduler == null || scheduler.idle());
  }

  @Override
  public String toString() {
    return name;
  }
}
