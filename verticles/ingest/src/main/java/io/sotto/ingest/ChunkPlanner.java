package io.sotto.ingest;

import io.sotto.engine.SpeechDetector;
import io.sotto.engine.Transcriber;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Decides where a recording is cut, frame by frame as it is decoded: stretches of at most 30 s that
 * hold all speech, ended at a pause near their limit. Pauses inside a stretch stay, so its times
 * are the recording's; only long silence is left out (docs/adr/0003). Pure: the same probabilities
 * give the same cuts. Frames are 32 ms; thresholds are Silero's.
 */
final class ChunkPlanner {
  /** A stretch in frames, {@code end} exclusive. */
  record Stretch(int start, int end) {}

  private static final int FRAMES_PER_S = Transcriber.SAMPLE_RATE / SpeechDetector.FRAME_SAMPLES;
  private static final float SPEECH = 0.5f;
  private static final float NOT_SPEECH = 0.35f;

  /** Clicks are shorter. */
  private static final int SPEECH_MIN = 3;

  /** Shorter silence is within a word. */
  private static final int PAUSE_MIN = 4;

  /** Longer silence is left out. */
  private static final int PAUSE_MAX = 3 * FRAMES_PER_S;

  /** Sound kept after speech: endings are quieter than the detector hears. */
  private static final int PADDING = 12;

  /** Before it a little more: the model mishears first words that come at once. */
  private static final int LEAD = 12;

  static final int LENGTH_MAX = Transcriber.WINDOW_SAMPLES_MAX / SpeechDetector.FRAME_SAMPLES;

  /**
   * Cuts are looked for behind this part of a full stretch: the model was trained on 30 s of sound
   * and hears best what fills them (ADR 8).
   */
  private static final int CUT_FROM = 9 * LENGTH_MAX / 10;

  /** Where there is no pause, from here on; and where there is none either, from there on. */
  private static final int CUT_FROM_ELSE = 3 * LENGTH_MAX / 4;

  private static final int CUT_FROM_AT_WORST = LENGTH_MAX / 3;

  private final Consumer<Stretch> stretches;
  private final List<Stretch> speech = new ArrayList<>();
  private final float[] recent = new float[2 * LENGTH_MAX];
  private int frames;
  private boolean speaking;
  private int speechStart;
  private int silentSince = -1;
  private int cutTo;

  /** {@code stretches} takes each stretch once nothing can change it any more. */
  ChunkPlanner(Consumer<Stretch> stretches) {
    this.stretches = stretches;
  }

  /** The next frame holds speech with this probability. */
  void accept(float probability) {
    recent[frames % recent.length] = probability;
    if (speaking) {
      hearEnd(probability);
    } else if (probability >= SPEECH) {
      speaking = true;
      speechStart = frames;
      silentSince = -1;
    }
    frames++;
    if (speaking) {
      while (frames + PADDING - from() >= LENGTH_MAX) {
        cut();
      }
    } else if (!speech.isEmpty() && frames - speech.getLast().end >= PAUSE_MAX) {
      emit(speech.size(), frames);
    }
  }

  private void hearEnd(float probability) {
    if (probability >= SPEECH) {
      silentSince = -1;
    } else if (probability < NOT_SPEECH) {
      silentSince = silentSince < 0 ? frames : silentSince;
      if (frames - silentSince + 1 >= PAUSE_MIN) {
        endSpeech(silentSince);
      }
    }
  }

  private void endSpeech(int end) {
    speaking = false;
    if (end - speechStart >= SPEECH_MIN || speechStart == cutTo && end > speechStart) {
      speech.add(new Stretch(speechStart, end));
    }
  }

  /** The recording ends. */
  void finish() {
    if (speaking) {
      endSpeech(silentSince < 0 ? frames : silentSince);
    }
    if (!speech.isEmpty()) {
      emit(speech.size(), frames);
    }
  }

  /** The first frame that a stretch still to come may hold: samples before it can be forgotten. */
  int keepFrom() {
    return speech.isEmpty() && !speaking ? Math.max(cutTo, frames - LEAD) : from();
  }

  /** Where the stretch under way begins. */
  private int from() {
    return Math.max(cutTo, (speech.isEmpty() ? speechStart : speech.getFirst().start) - LEAD);
  }

  /**
   * The stretch is full while somebody speaks: cut it at its longest pause, or, when there was none
   * for 20 s, where speech is least likely.
   */
  private void cut() {
    int best = longestPause(CUT_FROM);
    if (best < 0) {
      best = longestPause(CUT_FROM_ELSE);
    }
    if (best < 0) {
      best = longestPause(CUT_FROM_AT_WORST);
    }
    if (best >= 0) {
      emit(best + 1, nextStart(best));
    } else {
      cutThrough();
    }
  }

  /** The speech before the longest pause that begins {@code after} so many frames; or -1. */
  private int longestPause(int after) {
    int best = -1;
    int longest = 0;
    for (int i = 0; i < speech.size(); i++) {
      int pause = nextStart(i) - speech.get(i).end;
      if (speech.get(i).end - from() >= after && pause >= longest) {
        longest = pause;
        best = i;
      }
    }
    return best;
  }

  private int nextStart(int i) {
    return i + 1 < speech.size() ? speech.get(i + 1).start : speechStart;
  }

  private void cutThrough() {
    int from = from();
    int quietest = frames - 1;
    for (int f = frames - 1; f > Math.max(from + CUT_FROM_AT_WORST, speechStart); f--) {
      if (recent[f % recent.length] < recent[quietest % recent.length]) {
        quietest = f;
      }
    }
    speech.clear();
    stretches.accept(new Stretch(from, quietest));
    cutTo = quietest;
    speechStart = quietest;
    silentSince = -1;
  }

  /** Emits the first {@code count} pieces of speech as one stretch; what is next begins there. */
  private void emit(int count, int next) {
    int from = from();
    int end = speech.get(count - 1).end;
    int halfway = count < speech.size() || speaking ? (end + next) / 2 : next;
    int to = Math.min(Math.min(end + PADDING, halfway), from + LENGTH_MAX);
    stretches.accept(new Stretch(from, to));
    cutTo = to;
    speech.subList(0, count).clear();
  }
}
