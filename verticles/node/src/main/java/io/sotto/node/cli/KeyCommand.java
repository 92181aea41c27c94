package io.sotto.node.cli;

import io.sotto.http.ApiKey;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sotto key}: a new key of the API, shown once, and its line for the file of keys. */
@Command(
    name = "key",
    description = "Makes a key for the API, and the line that lets a server know it.",
    mixinStandardHelpOptions = true)
final class KeyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "Whose it is, such as acme.")
  private String name;

  @Option(
      names = "--tenant",
      paramLabel = "NUMBER",
      defaultValue = "1",
      description = "Tenant it is of; its keys see the same jobs (default: ${DEFAULT-VALUE}).")
  private long tenant;

  @Override
  public Integer call() {
    if (!name.matches("[\\w.@-]{1,64}") || tenant < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "a name has 1 to 64 letters, digits, '.', '@', '_', '-'; a tenant is a number from 1");
    }
    ApiKey key = ApiKey.create();
    PrintWriter out = spec.commandLine().getOut();
    out.println("The key, which is not shown again; send it as Authorization: Bearer KEY");
    out.println("  " + key.text());
    out.println("Its line for the file that http.keys-file names");
    out.println("  " + key.line(tenant, name));
    out.flush();
    return 0;
  }
}
