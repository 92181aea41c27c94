package io.sotto.node.cli;

import io.sotto.node.ConfigLoader;
import io.sotto.node.StoreCheck;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sotto migrate}: brings the schema up to date, as a role that may. */
@Command(
    name = "migrate",
    description = "Brings the database's schema up to date; nodes may run meanwhile.",
    mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings that differ from conf/sotto.yaml.")
  private @Nullable Path config;

  @Override
  public Integer call() {
    System.setProperty("sotto.log.target", "System.err");
    String server = StoreCheck.migrate(new ConfigLoader(System.getenv()).load(config, Map.of()));
    spec.commandLine().getOut().println("the schema of " + server + " is up to date");
    spec.commandLine().getOut().flush();
    return 0;
  }
}
