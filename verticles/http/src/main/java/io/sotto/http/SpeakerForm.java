package io.sotto.http;

import java.util.List;

/**
 * What a form asks for that would tell speakers apart, under the names that clients have for it. It
 * is refused: whoever asks for speakers and gets none would find out late.
 */
final class SpeakerForm {
  private static final List<String> FLAGS = List.of("diarize", "diarization");
  private static final List<String> KNOWN =
      List.of("known_speaker_names", "known_speaker_references");

  private SpeakerForm() {}

  static void refuse(Form form) {
    for (String field : FLAGS) {
      if (form.flag(field)) {
        throw notYet(field);
      }
    }
    for (String field : KNOWN) {
      if (!form.values(field).isEmpty()) {
        throw notYet(field);
      }
    }
  }

  private static ApiError notYet(String field) {
    return ApiError.badField(
        field, "speakers are not told apart yet; leave " + field + " out to get the text");
  }
}
