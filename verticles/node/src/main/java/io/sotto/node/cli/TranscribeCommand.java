package io.sotto.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.OneShot;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code sotto transcribe}: files to text, by a server or by a whole cluster of one node that lives
 * for this call.
 */
@Command(
    name = "transcribe",
    description = "Transcribes audio or video files and prints the text.",
    mixinStandardHelpOptions = true,
    footer = "%nExit status: 0 all done, 1 a file failed, 2 wrong usage.")
final class TranscribeCommand implements Callable<Integer> {
  /** Files under way at a time: enough to keep every row of a small machine busy. */
  private static final int FILES_AT_ONCE = 4;

  private static final long POLL_MS_MIN = 25;
  private static final long POLL_MS_MAX = 500;

  enum Format {
    text("txt"),
    json("json"),
    srt("srt"),
    vtt("vtt"),
    ttml("ttml"),
    verbose_json("json");

    private final String extension;

    Format(String extension) {
      this.extension = extension;
    }
  }

  enum TaskName {
    transcribe,
    translate
  }

  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Audio or video files.")
  private List<Path> files = List.of();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model to use (default: the server's).")
  private @Nullable String model;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      description = "Language spoken, such as en or de (default: detected).")
  private @Nullable String language;

  @Option(names = "--task", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private TaskName task = TaskName.transcribe;

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format = Format.text;

  @Option(
      names = "--max-line-width",
      paramLabel = "N",
      description = "Columns of a line of subtitles, 1 to 1000 (default: no limit).")
  private @Nullable Integer maxLineWidth;

  @Option(
      names = "--max-line-count",
      paramLabel = "N",
      description = "Lines of a cue, 1 to 10; with a width, cues may cross segments.")
  private @Nullable Integer maxLineCount;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Write each transcript to a file in DIR instead of printing it.")
  private @Nullable Path output;

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "Use this server, such as http://127.0.0.1:8080; with the key SOTTO_API_KEY.")
  private @Nullable URI server;

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);

  @Override
  public Integer call() throws Exception {
    if (server != null
        && (server.getHost() == null || !"http https".contains(server.getScheme()))) {
      throw new ParameterException(spec.commandLine(), "--server: not an http URL: " + server);
    }
    checkShape();
    if (output != null) {
      Files.createDirectories(output);
    }
    if (server != null) {
      return transcribeAll(server);
    }
    // logs would mix with the transcript: only what goes wrong is told, and not on stdout
    System.setProperty("sotto.log.target", "System.err");
    System.setProperty("sotto.log.level", System.getProperty("sotto.log.level", "WARN"));
    try (OneShot node = OneShot.start(System.getenv())) {
      return transcribeAll(node.url());
    }
  }

  /** What the server would refuse, but only after all the work. */
  private void checkShape() {
    within("--max-line-width", maxLineWidth, 1_000);
    within("--max-line-count", maxLineCount, 10);
    boolean plain = format == Format.text || format == Format.json;
    if (plain && (maxLineWidth != null || maxLineCount != null)) {
      throw new ParameterException(
          spec.commandLine(), "--max-line-width and --max-line-count are for subtitles");
    }
  }

  private void within(String option, @Nullable Integer value, int max) {
    if (value != null && (value < 1 || value > max)) {
      throw new ParameterException(spec.commandLine(), option + " is 1 to " + max);
    }
  }

  private static String key() {
    return System.getenv().getOrDefault("SOTTO_API_KEY", "");
  }

  private int transcribeAll(URI url) throws InterruptedException {
    boolean terminal = Boolean.getBoolean("sotto.stderr.terminal");
    ProgressBar bar = new ProgressBar(err, terminal, files.size(), System::nanoTime);
    int failed = 0;
    try (ApiClient api = new ApiClient(url, key());
        ExecutorService pool = Executors.newFixedThreadPool(FILES_AT_ONCE)) {
      List<Future<String>> transcripts = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        int number = i;
        transcripts.add(pool.submit(() -> transcribe(api, number, bar)));
      }
      for (int i = 0; i < files.size(); i++) {
        failed += deliver(files.get(i), transcripts.get(i), bar) ? 0 : 1;
      }
    }
    return failed == 0 ? 0 : 1;
  }

  private boolean deliver(Path file, Future<String> transcript, ProgressBar bar)
      throws InterruptedException {
    try {
      String text = transcript.get();
      bar.clear();
      write(file, text);
      return true;
    } catch (ExecutionException e) {
      bar.clear();
      Exception cause = e.getCause() instanceof Exception x ? x : e;
      err.println("sotto: " + file + ": " + ApiClient.sentence(cause));
    } catch (IOException e) {
      err.println("sotto: " + file + ": cannot write the transcript: " + ApiClient.sentence(e));
    }
    return false;
  }

  private void write(Path file, String text) throws IOException {
    String ended = text.endsWith("\n") || text.isEmpty() ? text : text + "\n";
    if (output == null) {
      out.print(ended);
      out.flush();
    } else {
      Files.writeString(output.resolve(outputName(file)), ended);
    }
  }

  /**
   * {@code talk.mp4} gives {@code talk.srt}, as players look for it; files that would collide keep
   * their whole name.
   */
  private String outputName(Path file) {
    boolean alone = files.stream().filter(other -> stem(other).equals(stem(file))).count() == 1;
    return (alone ? stem(file) : file.getFileName().toString()) + "." + format.extension;
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  private String transcribe(ApiClient api, int number, ProgressBar bar)
      throws IOException, InterruptedException {
    Path file = files.get(number);
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException(Files.exists(file) ? "not a readable file" : "no such file");
    }
    String id = api.submit(file, fields());
    long pause = POLL_MS_MIN;
    while (true) {
      JsonNode job = api.job(id);
      double total = job.path("duration_seconds").asDouble(0);
      switch (job.path("status").asText()) {
        case "completed" -> {
          bar.finish(number, total);
          return api.download(id, rendering());
        }
        case "failed", "cancelled" ->
            throw new IOException(
                job.path("error").path("message").asText("the job was cancelled"));
        default -> bar.update(number, total * job.path("progress").asDouble(0) / 100, total);
      }
      Thread.sleep(pause);
      pause = Math.min(POLL_MS_MAX, pause * 5 / 4);
    }
  }

  /** The format and the shape of its cues, as a query has them. */
  private String rendering() {
    String query = "format=" + (format == Format.text ? "txt" : format.name());
    query += maxLineWidth == null ? "" : "&max_line_width=" + maxLineWidth;
    return query + (maxLineCount == null ? "" : "&max_line_count=" + maxLineCount);
  }

  private Map<String, String> fields() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("sync", "false");
    fields.put("task", task.name());
    if (model != null) {
      fields.put("model", model);
    }
    if (language != null) {
      fields.put("language", language);
    }
    return fields;
  }
}
