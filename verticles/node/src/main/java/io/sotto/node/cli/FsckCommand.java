package io.sotto.node.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sotto.node.ConfigException;
import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import io.sotto.node.StoreCheck;
import io.sotto.storage.Fsck;
import io.sotto.storage.FsckJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sotto fsck}: whether the stores hold what they must, for operators and for tests. */
@Command(
    name = "fsck",
    description = "Checks that no stored job is lost, doubled or stuck; changes nothing.",
    mixinStandardHelpOptions = true,
    footer = "%nExit status: 0 nothing found, 1 violations, 2 could not check, or wrong usage.")
final class FsckCommand implements Callable<Integer> {
  private static final int VIOLATIONS_MAX = 100_000;
  private static final int SECONDS_MAX = 86_400;
  private static final int DAYS_MAX = 36_500;
  private static final int HOURS_MAX = 876_000;
  private static final int FOUND = 1;
  private static final int NOT_CHECKED = 2;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec;

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

  @Option(
      names = "--audio",
      description = "Look into the bucket as well: missing and orphaned objects.")
  private boolean audio;

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Violations listed of a kind at most (default: ${DEFAULT-VALUE}).")
  private int limit = Fsck.Bounds.USUAL.violations();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Time that the database's answers may take (default: ${DEFAULT-VALUE}).")
  private int timeout = (int) Fsck.Bounds.USUAL.within().toSeconds();

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      description = "How long a lease may be over (default: ${DEFAULT-VALUE}).")
  private int grace = (int) Fsck.Bounds.USUAL.grace().toSeconds();

  @Option(
      names = "--days",
      paramLabel = "N",
      description = "Age of the jobs whose texts are read (default: ${DEFAULT-VALUE}).")
  private int days = (int) Fsck.Bounds.USUAL.texts().toDays();

  @Option(
      names = "--orphans",
      paramLabel = "HOURS",
      description =
          "Tell of objects without a job from this age on, which looks into the bucket; 0: what"
              + " would be collected if it stayed so (default: what should have been).")
  private @Nullable Integer orphans;

  @Option(
      names = "--job",
      paramLabel = "ID",
      description = "Tell what is left of this job alone; exit status 0 when nothing is.")
  private @Nullable UUID job;

  @Override
  public Integer call() {
    Fsck.Bounds bounds =
        new Fsck.Bounds(
            within("--limit", limit, 1, VIOLATIONS_MAX),
            Duration.ofSeconds(within("--timeout", timeout, 1, SECONDS_MAX)),
            Duration.ofSeconds(within("--grace", grace, 0, SECONDS_MAX)),
            Duration.ofDays(within("--days", days, 0, DAYS_MAX)));
    // logs would mix with the findings
    System.setProperty("sotto.log.target", "System.err");
    System.setProperty("sotto.log.level", System.getProperty("sotto.log.level", "WARN"));
    try {
      NodeConfig settings = new ConfigLoader(System.getenv()).load(config, overrides());
      return job == null ? check(settings, bounds) : look(settings, job);
    } catch (ConfigException e) {
      e.errors().forEach(error -> spec.commandLine().getErr().println("sotto: " + error));
    } catch (Exception e) {
      spec.commandLine().getErr().println("sotto: " + ApiClient.sentence(e));
    }
    return NOT_CHECKED;
  }

  private int check(NodeConfig settings, Fsck.Bounds bounds) throws Exception {
    Integer hours = orphans;
    Fsck.Report report =
        hours == null
            ? StoreCheck.run(settings, bounds, audio)
            : StoreCheck.run(
                settings, bounds, true, Duration.ofHours(within("--orphans", hours, 0, HOURS_MAX)));
    print(report);
    return report.violations().isEmpty() ? 0 : FOUND;
  }

  private int look(NodeConfig settings, UUID id) throws Exception {
    FsckJob.Report report = StoreCheck.job(settings, id);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(json(id, report));
    } else {
      report.rows().forEach((table, rows) -> out.println(table + " " + rows));
      report.objects().forEach(key -> out.println("object " + key));
      report.log().forEach(line -> out.println(AuditCommand.text(line)));
      out.println("job " + id + (report.gone() ? " is gone" : " is there"));
    }
    out.flush();
    return report.gone() ? 0 : FOUND;
  }

  private static ObjectNode json(UUID id, FsckJob.Report report) {
    ObjectNode line = JSON.createObjectNode().put("job", id.toString()).put("gone", report.gone());
    ObjectNode rows = line.putObject("rows");
    report.rows().forEach(rows::put);
    report.objects().forEach(line.putArray("objects")::add);
    report.log().forEach(entry -> line.withArray("log").add(AuditCommand.text(entry)));
    return line;
  }

  private int within(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw new ParameterException(
          spec.commandLine(), option + ": " + value + " is not between " + min + " and " + max);
    }
    return value;
  }

  private Map<String, String> overrides() {
    Map<String, String> overrides = new HashMap<>();
    if (data != null) {
      overrides.put("node.data", data.toString());
    }
    return overrides;
  }

  private void print(Fsck.Report report) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      report.violations().forEach(violation -> out.println(json(violation)));
      out.println(summary(report));
    } else {
      report.violations().forEach(violation -> out.println(line(violation)));
      report.cut().forEach(name -> out.println(name + ": there are more; see them with --limit"));
      report.notes().forEach(out::println);
      out.println(report.jobs() + " jobs, " + report.chunks() + " chunks looked at");
      out.println("fsck " + report.violations().size());
    }
    out.flush();
  }

  private static String line(Fsck.Violation violation) {
    StringBuilder line = new StringBuilder(violation.invariant() + " " + severity(violation));
    if (violation.job() != null) {
      line.append(" job=").append(violation.job());
    }
    if (violation.seq() != null) {
      line.append(" chunk=").append(violation.seq());
    }
    if (violation.object() != null) {
      line.append(" object=").append(violation.object());
    }
    return line.append(": ").append(violation.what()) + "; " + violation.remedy();
  }

  private static String severity(Fsck.Violation violation) {
    return violation.severity().name().toLowerCase(Locale.ROOT);
  }

  private static ObjectNode json(Fsck.Violation violation) {
    return JSON.createObjectNode()
        .put("invariant", violation.invariant())
        .put("severity", severity(violation))
        .put("job", violation.job() == null ? null : violation.job().toString())
        .put("chunk", violation.seq())
        .put("object", violation.object())
        .put("what", violation.what())
        .put("remedy", violation.remedy());
  }

  private static ObjectNode summary(Fsck.Report report) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("fsck", report.violations().size())
            .put("jobs", report.jobs())
            .put("chunks", report.chunks());
    report.cut().forEach(line.putArray("cut")::add);
    report.notes().forEach(line.putArray("notes")::add);
    return line;
  }
}
