package io.sotto.node.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sotto}: the commands and their exit status. */
@Command(
    name = "sotto",
    description = "Speech to text with Whisper, on one machine or a cluster.",
    subcommands = {
      TranscribeCommand.class,
      ServeCommand.class,
      ModelCommand.class,
      KeyCommand.class,
      CertsCommand.class,
      MigrateCommand.class,
      FsckCommand.class,
      AuditCommand.class,
      HealthCommand.class,
      BenchCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class SottoCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs the command line; gives the exit status: 0 done, 1 failed, 2 wrong usage. */
  public static int execute(String... arguments) {
    return new CommandLine(new SottoCommand())
        .setExecutionExceptionHandler(SottoCommand::explain)
        .execute(arguments);
  }

  private static int explain(
      Exception failure, CommandLine command, CommandLine.ParseResult arguments) {
    if (failure instanceof io.sotto.node.ConfigException config) {
      config.errors().forEach(error -> command.getErr().println("sotto: " + error));
    } else {
      command.getErr().println("sotto: " + ApiClient.sentence(failure));
    }
    if (Boolean.getBoolean("sotto.debug")) {
      failure.printStackTrace(command.getErr());
    }
    return 1;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
