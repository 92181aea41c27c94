package io.sotto.http;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Whisper's languages: their codes, and the English names that OpenAI's API answers with. */
final class Languages {
  private static final List<String> CODES =
      List.of(
          ("en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta"
               + " no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn"
               + " bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk"
               + " nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue")
              .split(" "));

  /** Where Whisper's name is not the one that Unicode has. */
  private static final Map<String, String> NAMED_OTHERWISE =
      Map.of(
          "jw",
          "javanese",
          "my",
          "myanmar",
          "nn",
          "nynorsk",
          "tl",
          "tagalog",
          "si",
          "sinhala",
          "yue",
          "cantonese",
          "he",
          "hebrew",
          "ht",
          "haitian creole");

  /** Where the Java platform knows the language by its English name, or by another code, only. */
  private static final Map<String, String> NATIVE_OTHERWISE =
      Map.of("la", "Latina", "ba", "Башҡорт теле", "jw", "Basa Jawa");

  private static final Map<String, String> NAME_OF_CODE = new TreeMap<>();
  private static final Map<String, String> CODE_OF_NAME = new TreeMap<>();

  static {
    for (String code : CODES) {
      String name =
          NAMED_OTHERWISE.getOrDefault(
              code,
              Locale.forLanguageTag(code)
                  .getDisplayLanguage(Locale.ENGLISH)
                  .toLowerCase(Locale.ROOT));
      NAME_OF_CODE.put(code, name);
      CODE_OF_NAME.put(name, code);
    }
  }

  private Languages() {}

  /** The codes in Whisper's order: a model of fewer languages knows the first of them. */
  static List<String> inOrder() {
    return CODES;
  }

  static Set<String> codes() {
    return NAME_OF_CODE.keySet();
  }

  /** The code of what a client wrote: a code or an English name, in any case. */
  static Optional<String> parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT).strip();
    return NAME_OF_CODE.containsKey(lower)
        ? Optional.of(lower)
        : Optional.ofNullable(CODE_OF_NAME.get(lower));
  }

  /** What its speakers call it. */
  static String nativeName(String code) {
    String ours = NATIVE_OTHERWISE.get(code);
    if (ours != null) {
      return ours;
    }
    Locale locale = Locale.forLanguageTag(code);
    return locale.getDisplayLanguage(locale);
  }

  static String name(String code) {
    return NAME_OF_CODE.getOrDefault(code, code);
  }
}
