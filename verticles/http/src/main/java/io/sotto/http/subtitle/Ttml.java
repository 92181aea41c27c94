package io.sotto.http.subtitle;

import java.util.List;
import java.util.stream.Collectors;

/** TTML of IMSC's text profile: one region at the foot of the picture, lines in its middle. */
final class Ttml {
  private static final String HEAD =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
      xmlns:tts="http://www.w3.org/ns/ttml#styling" ttp:timeBase="media" \
      ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" xml:lang="%s" xml:space="preserve">
      <head>
      <layout>
      <region xml:id="foot" tts:origin="10%% 70%%" tts:extent="80%% 25%%" tts:displayAlign="after" \
      tts:textAlign="center"/>
      </layout>
      </head>
      <body region="foot">
      <div>
      """;
  private static final String FOOT = "</div>\n</body>\n</tt>\n";

  private Ttml() {}

  static String write(List<Cue> cues, String language) {
    StringBuilder out = new StringBuilder(HEAD.formatted(escaped(language)));
    for (Cue cue : cues) {
      String lines = cue.texts().stream().map(Ttml::escaped).collect(Collectors.joining("<br/>"));
      out.append("<p begin=\"").append(Clock.of(cue.startMs(), true, '.'));
      out.append("\" end=\"").append(Clock.of(cue.endMs(), true, '.'));
      out.append("\">").append(lines).append("</p>\n");
    }
    return out.append(FOOT).toString();
  }

  /** {@link Text#clean} has left nothing that XML has no characters for. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
