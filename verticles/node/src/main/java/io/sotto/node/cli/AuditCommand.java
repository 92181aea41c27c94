package io.sotto.node.cli;

import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import io.sotto.node.StoreCheck;
import io.sotto.storage.AuditLog;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sotto audit}: who came in and what was done, and whether that record was touched. */
@Command(
    name = "audit",
    description = "Reads the audit log; changes nothing.",
    mixinStandardHelpOptions = true,
    footer = "%nExit status: 0 the chain holds, 1 it does not, 2 could not check, or wrong usage.")
final class AuditCommand implements Runnable {
  private static final int FOUND = 1;
  private static final int NOT_CHECKED = 2;
  private static final int LINES_MAX = 100_000;

  @Spec private CommandSpec spec;

  /** Where the log is. */
  private static final class Place {
    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Settings that differ from conf/sotto.yaml.")
    private @Nullable Path config;

    @Option(
        names = "--data",
        paramLabel = "DIR",
        description = "Folder of the embedded stores (default: ~/.local/share/sotto).")
    private @Nullable Path data;

    NodeConfig settings() {
      // logs would mix with the lines
      System.setProperty("sotto.log.target", "System.err");
      System.setProperty("sotto.log.level", System.getProperty("sotto.log.level", "WARN"));
      Map<String, String> overrides = new HashMap<>();
      if (data != null) {
        overrides.put("node.data", data.toString());
      }
      return new ConfigLoader(System.getenv()).load(config, overrides);
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "verify or list is missing");
  }

  @Command(
      name = "verify",
      description = "Reads the whole chain; names each row that is not what was written.",
      mixinStandardHelpOptions = true)
  int verify(
      @Mixin Place place,
      @Option(
              names = "--anchor",
              paramLabel = "SEQ:HASH",
              description = "End of the chain as an earlier verify told it, kept elsewhere.")
          @Nullable String anchor) {
    AuditLog.Report report;
    try {
      report = StoreCheck.audit(place.settings(), anchor(anchor));
    } catch (ParameterException e) {
      throw e;
    } catch (RuntimeException e) {
      spec.commandLine().getErr().println("sotto: " + ApiClient.sentence(e));
      return NOT_CHECKED;
    }
    PrintWriter out = spec.commandLine().getOut();
    report.faults().forEach(out::println);
    out.println(report.rows() + " rows, the last is " + report.seq() + ":" + report.hash());
    out.println("audit " + report.faults().size());
    out.flush();
    return report.faults().isEmpty() ? 0 : FOUND;
  }

  private AuditLog.@Nullable Anchor anchor(@Nullable String written) {
    if (written == null) {
      return null;
    }
    if (!written.matches("\\d{1,18}:[0-9a-f]{64}")) {
      throw new ParameterException(
          spec.commandLine(), "--anchor: " + written + " is not SEQ:HASH, as verify prints it");
    }
    String[] parts = written.split(":");
    return new AuditLog.Anchor(Long.parseLong(parts[0]), parts[1]);
  }

  @Command(
      name = "list",
      description = "The newest rows, oldest first.",
      mixinStandardHelpOptions = true)
  int list(
      @Mixin Place place,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "50",
              description = "At most so many, 1 to 100000 (default: ${DEFAULT-VALUE}).")
          int limit) {
    if (limit < 1 || limit > LINES_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--limit: " + limit + " is not between 1 and " + LINES_MAX);
    }
    List<AuditLog.Line> lines = StoreCheck.auditLines(place.settings(), limit);
    PrintWriter out = spec.commandLine().getOut();
    lines.forEach(line -> out.println(text(line)));
    out.flush();
    return 0;
  }

  static String text(AuditLog.Line line) {
    StringBuilder text = new StringBuilder(line.seq() + " " + line.at() + " " + line.action());
    append(text, "times", line.times() == 1 ? "" : Long.toString(line.times()));
    append(text, "tenant", line.tenant() == null ? "" : line.tenant().toString());
    append(text, "key", line.actor());
    append(text, "from", line.address());
    append(text, "on", line.subject());
    append(text, "node", line.node());
    append(text, "what", line.detail());
    return text.toString();
  }

  private static void append(StringBuilder text, String name, String value) {
    if (!value.isEmpty()) {
      text.append(' ').append(name).append('=').append(value);
    }
  }
}
