package io.sotto.engine;

import java.util.List;

/** One way through the decoder with the rows of one window, fed step by step by its lane. */
interface Pass {
  /** The rows it feeds at the next step; those that ended are left out. */
  List<Strand> strands();

  /** Sets the masks for what each strand is about to be fed. */
  void beforeStep();

  /** Reads what came of the step and chooses. */
  void afterStep();

  boolean ended();
}
