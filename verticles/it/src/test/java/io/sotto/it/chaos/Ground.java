package io.sotto.it.chaos;

import java.util.List;
import java.util.Map;

/**
 * Where the nodes of a house stand: beside each other on loopback, or each in a network of its own.
 */
interface Ground {
  /** The address of stores and clients. */
  String host();

  /** The place of the node that is called so. */
  Spot spot(String name);

  /**
   * A place.
   *
   * @param name of the node that stands there
   * @param command what its command line begins with, to get there
   * @param settings environment variables of nodes there
   */
  record Spot(String name, List<String> command, Map<String, String> settings) {}

  /** Beside each other: what one can reach, all can. */
  Ground LOOPBACK =
      new Ground() {
        @Override
        public String host() {
          return "127.0.0.1";
        }

        @Override
        public Spot spot(String name) {
          return new Spot(name, List.of(), Map.of());
        }
      };
}
