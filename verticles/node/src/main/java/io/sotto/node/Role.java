package io.sotto.node;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a node does for the cluster. */
public enum Role {
  /** Serves the REST API. */
  HTTP,
  /** Decodes recordings and cuts them into chunks. */
  INGEST,
  /** Moves jobs and chunks through their states. */
  SCHEDULER,
  /** Transcribes chunks. */
  WORKER;

  String configName() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Role parse(String name) {
    for (Role role : values()) {
      if (role.configName().equals(name.strip())) {
        return role;
      }
    }
    throw new IllegalArgumentException(
        "unknown role '" + name.strip() + "': use http, ingest, scheduler, worker");
  }

  static Set<Role> parseAll(String names) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String name : names.split(",")) {
      roles.add(parse(name));
    }
    return roles;
  }
}
