package io.sotto.worker;

import io.sotto.engine.DecodingOptions;
import io.sotto.engine.DecodingOptions.Hallucinations;
import io.sotto.engine.DecodingOptions.Timestamps;
import io.sotto.protocol.Decoding;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a job wants, in the words of the engine; what it does not say is the engine's default. */
final class EngineOptions {
  private EngineOptions() {}

  static DecodingOptions of(TranscriptionOptions options) {
    DecodingOptions.Builder to =
        DecodingOptions.DEFAULTS.toBuilder()
            .language(options.language())
            .translate(options.task() == Task.TRANSLATE)
            .prompt(options.prompt());
    Decoding from = options.decoding();
    search(from, to);
    thresholds(from, to);
    given(from.conditionOnPreviousText(), to::conditionOnPreviousText);
    given(from.suppressBlank(), to::suppressBlank);
    given(from.suppressTokens(), to::suppressTokens);
    given(
        from.withoutTimestamps(),
        without -> to.timestamps(without ? Timestamps.NONE : Timestamps.TOKENS));
    given(from.maxInitialTimestamp(), to::maxInitialTimestamp);
    given(from.wordTimestamps(), to::wordTimestamps);
    given(from.prependPunctuations(), to::prependPunctuations);
    given(from.appendPunctuations(), to::appendPunctuations);
    given(from.hotwords(), to::hotwords);
    given(from.logprobs(), to::logprobs);
    given(from.languages(), allowed -> to.languages(Set.copyOf(allowed)));
    given(
        from.hallucinations(),
        policy -> to.hallucinations(Hallucinations.valueOf(policy.toUpperCase(Locale.ROOT))));
    return to.build();
  }

  private static void search(Decoding from, DecodingOptions.Builder to) {
    given(from.temperatures(), to::temperatures);
    given(from.beamSize(), to::beamSize);
    given(from.bestOf(), to::bestOf);
    given(from.patience(), to::patience);
    given(from.lengthPenalty(), to::lengthPenalty);
  }

  private static void thresholds(Decoding from, DecodingOptions.Builder to) {
    given(
        from.compressionRatioThreshold(), limit -> to.compressionRatioThreshold(unlessOff(limit)));
    given(from.logprobThreshold(), limit -> to.logprobThreshold(unlessOff(limit)));
    given(from.noSpeechThreshold(), limit -> to.noSpeechThreshold(unlessOff(limit)));
  }

  private static @Nullable Double unlessOff(double limit) {
    return Math.abs(limit) >= Decoding.OFF ? null : limit;
  }

  private static <T> void given(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
