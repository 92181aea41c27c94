package io.sotto.node;

import io.sotto.node.cli.SottoCommand;

/** Where the process begins. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    int status = SottoCommand.execute(arguments);
    System.exit(status);
  }
}
