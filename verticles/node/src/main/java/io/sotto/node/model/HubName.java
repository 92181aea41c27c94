package io.sotto.node.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code owner/name[@revision]}, as {@code openai/whisper-tiny@main}. */
public record HubName(String owner, String name, String revision) {
  private static final String PART = "([A-Za-z0-9][A-Za-z0-9._-]{0,95})";
  private static final Pattern FORM =
      Pattern.compile(PART + "/" + PART + "(?:@([A-Za-z0-9][A-Za-z0-9._/-]{0,127}))?");

  /**
   * Parses it.
   *
   * @throws HubException when it is none
   */
  public static HubName parse(String text) {
    Matcher match = FORM.matcher(text);
    if (!match.matches() || text.contains("..")) {
      throw new HubException(
          text + " is no model of a hub; write owner/name or owner/name@revision");
    }
    String revision = match.group(3);
    return new HubName(match.group(1), match.group(2), revision == null ? "main" : revision);
  }

  String repository() {
    return owner + "/" + name;
  }

  @Override
  public String toString() {
    return repository() + "@" + revision;
  }
}
