package io.sotto.node.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What a hub says of one commit of a model: its files with size and digest, and its licence. */
record HubModel(HubName name, String commit, String licence, List<Entry> files) {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40,64}");

  /** Files that a checkpoint may consist of; anything else in the repository is left there. */
  private static final Pattern WANTED =
      Pattern.compile(
          "config\\.json|generation_config\\.json|tokenizer\\.json|preprocessor_config\\.json"
              + "|LICENSE|model\\.safetensors|model\\.safetensors\\.index\\.json"
              + "|model-\\d{5}-of-\\d{5}\\.safetensors");

  /** {@code sha256} is empty for small files, which have {@code blob}, Git's SHA-1. */
  record Entry(String file, long bytes, String sha256, String blob) {}

  static HubModel read(HubName name, JsonNode json) {
    String commit = json.path("sha").asText();
    if (!COMMIT.matcher(commit).matches()) {
      throw new HubException("the hub answered for " + name + " without a commit");
    }
    List<String> all = new ArrayList<>();
    List<Entry> wanted = new ArrayList<>();
    for (JsonNode sibling : json.path("siblings")) {
      String file = sibling.path("rfilename").asText();
      all.add(file);
      if (WANTED.matcher(file).matches()) {
        wanted.add(
            new Entry(
                file,
                sibling.path("size").asLong(-1),
                sibling.path("lfs").path("sha256").asText(),
                sibling.path("blobId").asText()));
      }
    }
    boolean whole =
        wanted.stream().anyMatch(e -> e.file.equals("model.safetensors"))
            && wanted.stream().noneMatch(e -> e.file.endsWith(".index.json"));
    if (whole) {
      wanted.removeIf(e -> e.file.startsWith("model-"));
    }
    refuseOthers(name, all, wanted);
    return new HubModel(name, commit, licence(json), List.copyOf(wanted));
  }

  private static void refuseOthers(HubName name, List<String> all, List<Entry> wanted) {
    if (wanted.stream().anyMatch(e -> e.file.endsWith(".safetensors"))) {
      return;
    }
    if (all.stream().anyMatch(file -> file.endsWith(".onnx"))) {
      throw new HubException(
          name
              + " is an ONNX export for other programs (optimum, transformers.js); Sotto builds its"
              + " own graphs: pull the original, as `sotto model pull openai/whisper-base`");
    }
    throw new HubException(
        name + " has no model.safetensors: only checkpoints of transformers can be built");
  }

  private static String licence(JsonNode json) {
    String card = json.path("cardData").path("license").asText();
    if (!card.isEmpty()) {
      return card;
    }
    for (JsonNode tag : json.path("tags")) {
      if (tag.asText().startsWith("license:")) {
        return tag.asText().substring("license:".length());
      }
    }
    return "unknown";
  }

  long bytes() {
    return files.stream().mapToLong(Entry::bytes).sum();
  }
}
