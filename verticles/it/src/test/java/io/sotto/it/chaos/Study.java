package io.sotto.it.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One question of docs/operations/reliability.md, asked of a real cluster: what it does, and the
 * lines of the table that it gives. Ten minutes or so each, by itself on a quiet machine.
 */
interface Study {
  /** Its block on the page and its name for {@code scripts/chaos.sh --study NAME}. */
  String name();

  /**
   * Starts what it needs in {@code folder}, which is empty, and ends it; {@code out} takes
   * progress, line by line.
   */
  Seen run(Path folder, Consumer<String> out) throws Exception;

  /** Why it cannot run on this machine; empty when it can. */
  default Optional<String> obstacle() {
    return Optional.empty();
  }

  /** The page that its block is on. */
  default Path page() {
    return ReliabilityPage.FILE;
  }

  /**
   * What was seen. {@code figures} go onto the page whether their targets are met or not; {@code
   * findings} are promises that were broken (lost, duplicated, stale, an invariant), in words, and
   * fail the run.
   */
  record Seen(List<Outcome.Figure> figures, List<String> findings) {
    public Seen {
      figures = List.copyOf(figures);
      findings = List.copyOf(findings);
    }

    List<String> table() {
      return Outcome.table(figures);
    }
  }
}
