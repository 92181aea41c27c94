package io.sotto.node.cli;

import io.sotto.engine.EngineException;
import io.sotto.engine.OrtLibrary;
import io.sotto.engine.bundle.Precision;
import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import io.sotto.node.model.HubException;
import io.sotto.node.model.HubName;
import io.sotto.node.model.ModelPull;
import io.sotto.node.model.ModelStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sotto model}: the models a worker can load. */
@Command(
    name = "model",
    description = "Builds, downloads, lists, checks and removes models.",
    subcommands = {
      ModelCommand.Build.class,
      ModelCommand.Pull.class,
      ModelCommand.ListAll.class,
      ModelCommand.Verify.class,
      ModelCommand.Remove.class
    },
    mixinStandardHelpOptions = true)
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** What every command about models is told. */
  static final class Place {
    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Settings that differ from conf/sotto.yaml.")
    private @Nullable Path config;

    @Option(
        names = "--models",
        paramLabel = "DIR",
        description = "Folder of the models (default: worker.models-dir).")
    private @Nullable Path models;

    NodeConfig settings() {
      Map<String, String> overrides =
          models == null ? Map.of() : Map.of("worker.models-dir", models.toString());
      NodeConfig settings = new ConfigLoader(System.getenv()).load(config, overrides);
      OrtLibrary.prepare(settings.node().cache());
      return settings;
    }

    ModelStore store() {
      return new ModelStore(settings().worker().modelsDir());
    }
  }

  /** How a model is to be stored. */
  static final class Form {
    @Option(
        names = "--precision",
        paramLabel = "FORM",
        defaultValue = "int8",
        description = "int8 (CPU), fp32, or fp16 (GPU); default: int8.")
    private String precision;

    @Option(
        names = "--name",
        paramLabel = "NAME",
        description = "What clients call it (default: the folder's, with -fp32 or -fp16).")
    private @Nullable String name;

    Precision precision(CommandSpec spec) {
      return Precision.parse(precision)
          .orElseThrow(
              () ->
                  new ParameterException(
                      spec.commandLine(), "--precision is int8, fp32 or fp16, not " + precision));
    }

    String name(String usual) {
      String suffix = precision.equals("int8") ? "" : "-" + precision;
      return name == null ? usual.toLowerCase(Locale.ROOT) + suffix : name;
    }
  }

  private static void built(PrintWriter out, String name) {
    out.println("built " + name + "; a worker loads it when worker.models names it");
  }

  @Command(
      name = "build",
      description = "Builds a model from a Hugging Face Whisper folder.",
      mixinStandardHelpOptions = true)
  static final class Build implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Place place;
    @Mixin private Form form;

    @Parameters(
        paramLabel = "DIR",
        description = "Folder with config.json and model.safetensors, one or several.")
    private Path source;

    @Option(
        names = "--source",
        paramLabel = "TEXT",
        description = "Where it comes from, for the manifest (default: the folder's name).")
    private @Nullable String origin;

    @Option(
        names = "--licence",
        paramLabel = "ID",
        defaultValue = "unknown",
        description = "SPDX identifier of its licence, for the manifest.")
    private String licence;

    @Override
    public Integer call() throws IOException {
      Path folder = source.toAbsolutePath().normalize();
      String usual = String.valueOf(folder.getFileName());
      String name = form.name(usual);
      PrintWriter err = spec.commandLine().getErr();
      place
          .store()
          .build(
              folder,
              name,
              form.precision(spec),
              origin == null ? usual : origin,
              licence,
              step -> err.println(name + ": " + step));
      built(spec.commandLine().getOut(), name);
      return 0;
    }
  }

  @Command(
      name = "pull",
      description = "Downloads a Whisper checkpoint from a hub and builds it.",
      mixinStandardHelpOptions = true)
  static final class Pull implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Place place;
    @Mixin private Form form;

    @Parameters(paramLabel = "OWNER/NAME[@REVISION]", description = "As openai/whisper-tiny.")
    private String model;

    @Option(names = "--hub", paramLabel = "URL", description = "The hub (default: worker.hub).")
    private @Nullable URI hub;

    @Override
    public Integer call() throws IOException, InterruptedException {
      HubName wanted = HubName.parse(model);
      NodeConfig settings = place.settings();
      String name = form.name(wanted.name());
      ModelStore store = new ModelStore(settings.worker().modelsDir());
      Path target = store.path(name);
      if (java.nio.file.Files.exists(target)) {
        throw new HubException(
            target + " exists; `sotto model remove " + name + "` first, or choose another --name");
      }
      URI from = hub == null ? URI.create(settings.worker().hub()) : hub;
      String token = System.getenv().getOrDefault("HF_TOKEN", "");
      try (DownloadBar bar = DownloadBar.onTerminal(spec.commandLine().getErr())) {
        new ModelPull(from, token, settings.node().cache())
            .pull(wanted, store, name, form.precision(spec), bar);
      }
      built(spec.commandLine().getOut(), name);
      return 0;
    }
  }

  @Command(
      name = "list",
      description = "Lists the models that are there.",
      mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    private static final String LINE = "%-28s %-9s %6s MB  %-10s %s%n";
    @Spec private CommandSpec spec;
    @Mixin private Place place;

    @Override
    public Integer call() throws IOException {
      PrintWriter out = spec.commandLine().getOut();
      out.printf(LINE, "NAME", "PRECISION", "SIZE", "LICENCE", "SOURCE");
      for (ModelStore.Stored each : place.store().list()) {
        out.printf(
            LINE,
            each.manifest().name(),
            each.manifest().precision(),
            Math.max(1, each.bytes() >> 20),
            each.manifest().licence(),
            each.manifest().source());
      }
      out.flush();
      return 0;
    }
  }

  @Command(
      name = "verify",
      description = "Checks every byte of the models against their manifests, and that they run.",
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Place place;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "Which (default: all).")
    private List<String> names = List.of();

    @Override
    public Integer call() throws IOException {
      ModelStore store = place.store();
      List<String> wanted =
          names.isEmpty() ? store.list().stream().map(s -> s.manifest().name()).toList() : names;
      int status = 0;
      for (String name : wanted) {
        try {
          store.verify(name);
          spec.commandLine().getOut().println(name + ": good");
        } catch (EngineException e) {
          spec.commandLine().getErr().println("sotto: " + name + ": " + e.getMessage());
          status = 1;
        }
      }
      return status;
    }
  }

  @Command(name = "remove", description = "Removes models.", mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Place place;

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "Which.")
    private List<String> names;

    @Option(
        names = "--force",
        description = "Also what worker.models names: a worker will not start without it.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
      NodeConfig settings = place.settings();
      ModelStore store = new ModelStore(settings.worker().modelsDir());
      for (String name : names) {
        if (settings.worker().models().contains(name) && !force) {
          spec.commandLine()
              .getErr()
              .println("sotto: worker.models names " + name + "; take it out, or use --force");
          return 1;
        }
        store.remove(name);
        spec.commandLine().getOut().println("removed " + name);
      }
      return 0;
    }
  }
}
