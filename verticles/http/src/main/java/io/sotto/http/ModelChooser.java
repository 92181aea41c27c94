package io.sotto.http;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which model a request gets that leaves it to the server: the same for a preview and for a job.
 * First what can do it at all (language, translation), then what the deadline allows at measured
 * speed, then what the quality prefers among those, by size. Pure.
 */
final class ModelChooser {
  private static final Comparator<OfferedModel> BY_SIZE =
      Comparator.comparing(
              (OfferedModel model) -> model.size().orElseThrow(), Comparator.naturalOrder())
          .thenComparing(OfferedModel::name);

  private final List<OfferedModel> offered;
  private final String defaultModel;

  /** {@code offered}: what workers offer now. */
  ModelChooser(List<OfferedModel> offered, String defaultModel) {
    this.offered = List.copyOf(offered);
    this.defaultModel = defaultModel;
  }

  /**
   * What is wanted of the model; {@code language} is null to detect it, {@code audioSeconds} null
   * while the length cannot even be estimated, {@code deadlineSeconds} null where none is set.
   */
  record Wish(
      @Nullable String language,
      boolean translate,
      Quality quality,
      @Nullable Double audioSeconds,
      @Nullable Double deadlineSeconds) {}

  /** {@code seconds}: how long it will compute at measured speed; null while unknown. */
  record Choice(OfferedModel model, String why, @Nullable Double seconds) {
    Choice because(String otherwise) {
      return new Choice(model, otherwise, seconds);
    }

    /** In a sentence, with what is known of its speed. */
    String reason() {
      Double speed = model.speed();
      return why
          + (speed == null
              ? "; its speed is not measured yet"
              : String.format(Locale.ROOT, "; measured at %.1f times real time", speed));
    }
  }

  /** The model that the request named. */
  Choice named(String name, Wish wish) {
    OfferedModel model =
        offered.stream()
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseGet(() -> OfferedModel.unknown(name));
    return choice(model, "the request names it", wish);
  }

  Choice choose(Wish wish) {
    List<OfferedModel> able =
        offered.stream()
            .filter(model -> model.size().isPresent() && able(model, wish))
            .sorted(BY_SIZE)
            .toList();
    if (able.isEmpty()) {
      return named(defaultModel, wish).because("the default: " + nothing(wish));
    }
    if (able.size() == 1) {
      return choice(able.getFirst(), "the only one of the models here that " + can(wish), wish);
    }
    return wish.deadlineSeconds() == null ? preferred(able, wish) : inTime(able, wish);
  }

  /** A language that is left to detection may be any. */
  private static boolean able(OfferedModel model, Wish wish) {
    String language = wish.language();
    if (wish.translate() && !model.multilingual()) {
      return false;
    }
    return language == null ? model.multilingual() : model.codes().contains(language);
  }

  private String nothing(Wish wish) {
    return offered.isEmpty()
        ? "no worker has offered a model yet"
        : "none of the models here is known to be one that " + can(wish);
  }

  private static String can(Wish wish) {
    String what = wish.translate() ? "translates" : "transcribes";
    return wish.language() == null ? what + " any language" : what + " " + wish.language();
  }

  private Choice inTime(List<OfferedModel> able, Wish wish) {
    double deadline = Objects.requireNonNull(wish.deadlineSeconds());
    Double audio = wish.audioSeconds();
    List<OfferedModel> measured =
        able.stream().filter(model -> audio != null && model.seconds(audio) != null).toList();
    if (measured.isEmpty()) {
      return choice(
          able.getFirst(),
          "the smallest: whether the deadline is met cannot be told before a speed is measured",
          wish);
    }
    List<OfferedModel> punctual =
        measured.stream().filter(model -> seconds(model, wish) <= deadline).toList();
    if (punctual.isEmpty()) {
      OfferedModel fastest =
          measured.stream()
              .min(Comparator.comparingDouble(model -> seconds(model, wish)))
              .orElseThrow();
      return choice(fastest, "the fastest measured: none meets the deadline", wish);
    }
    Choice best = preferred(punctual, wish);
    return best.because(best.why() + ", of those measured to meet the deadline");
  }

  private static double seconds(OfferedModel model, Wish wish) {
    return Objects.requireNonNull(model.seconds(Objects.requireNonNull(wish.audioSeconds())));
  }

  /** {@code able}, the smallest first, is never empty. */
  private Choice preferred(List<OfferedModel> able, Wish wish) {
    return switch (wish.quality()) {
      case SPEED -> choice(able.getFirst(), "quality speed: the smallest", wish);
      case BALANCED -> balanced(able, wish, "quality balanced");
      case ACCURACY -> accurate(able, wish);
      case PRECISION -> choice(able.getLast(), "quality precision: the largest", wish);
    };
  }

  private Choice balanced(List<OfferedModel> able, Wish wish, String why) {
    return able.stream()
        .filter(model -> model.name().equals(defaultModel))
        .findFirst()
        .map(model -> choice(model, why + ": the default model", wish))
        .orElseGet(
            () -> choice(able.get((able.size() - 1) / 2), why + ": the one in the middle", wish));
  }

  private Choice accurate(List<OfferedModel> able, Wish wish) {
    return able.reversed().stream()
        .filter(model -> model.speed() != null && model.speed() >= 1)
        .findFirst()
        .map(
            model ->
                choice(model, "quality accuracy: the largest measured faster than real time", wish))
        .orElseGet(
            () -> balanced(able, wish, "quality accuracy, none measured faster than real time"));
  }

  private static Choice choice(OfferedModel model, String why, Wish wish) {
    Double audio = wish.audioSeconds();
    return new Choice(model, why, audio == null ? null : model.seconds(audio));
  }
}
