package io.sotto.scheduler.model;

/** Something that must never be, was. */
final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Violation(String what) {
    super(what, null, false, false);
  }
}
