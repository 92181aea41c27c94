package io.sotto.engine;

import io.sotto.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that decodes: it fills free rows from the queue, then takes one step with all live
 * ones, for ever. A row that ends is refilled at the next step, so that no window waits for the
 * longest of its batch. Low rows are filled first: a step costs by the highest live row.
 */
final class Lane implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** Whisper's {@code sample_len}: half the text positions. */
  private static final int TOKENS_MAX = 224;

  /** Less sound than this after the last segment is not listened to again. */
  private static final double REST_SECONDS_MIN = 0.5;

  private static final long IDLE_WAIT_MS = 200;

  private final Graphs graphs;
  private final LogMel mel;
  private final TokenIds ids;
  private final Tokenizer tokenizer;
  private final DecodingRules rules;
  private final Segmenter segmenter;
  private final BlockingQueue<Row> queue;
  private final @Nullable Row[] rows;
  private final float[] logits;
  private volatile boolean closed;

  Lane(ModelBundle bundle, Graphs graphs, int rows, BlockingQueue<Row> queue) {
    this.graphs = graphs;
    this.queue = queue;
    this.ids = bundle.tokens();
    this.tokenizer = bundle.tokenizer();
    this.mel = new LogMel(bundle.dimensions().melBins());
    this.rules = new DecodingRules(ids);
    this.segmenter = new Segmenter(ids, tokenizer);
    this.rows = new Row[rows];
    this.logits = new float[bundle.dimensions().vocabulary()];
  }

  void close() {
    closed = true;
  }

  @Override
  public void run() {
    try {
      while (!closed) {
        turn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      EngineException ended = new EngineException(Kind.CLOSED, "the transcriber was closed");
      failAll(ended);
      queue.forEach(row -> row.result.completeExceptionally(ended));
      graphs.close();
    }
  }

  private void turn() throws InterruptedException {
    try {
      dropCancelled();
      fill();
      if (highest() > 0) {
        step();
      }
    } catch (EngineException e) {
      LOG.error("decoding failed; the windows under way are given back", e);
      failAll(e);
    }
  }

  private void failAll(EngineException e) {
    for (int i = 0; i < rows.length; i++) {
      Row row = rows[i];
      if (row != null) {
        rows[i] = null;
        row.result.completeExceptionally(e);
      }
    }
  }

  private void dropCancelled() {
    for (int i = 0; i < rows.length; i++) {
      Row row = rows[i];
      if (row != null && row.result.isDone()) {
        rows[i] = null;
      }
    }
  }

  private void fill() throws InterruptedException {
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] != null) {
        continue;
      }
      Row next = highest() > 0 ? queue.poll() : queue.poll(IDLE_WAIT_MS, TimeUnit.MILLISECONDS);
      if (next == null) {
        return;
      }
      if (!next.result.isDone()) {
        next.start();
        rows[i] = next;
        listen(i, next, 0);
      }
    }
  }

  /** Encodes the window from {@code sample} on into row {@code i}. */
  private void listen(int i, Row row, int sample) {
    long begin = System.nanoTime();
    mel.compute(row.window.samples(), sample, graphs.mel());
    long melDone = System.nanoTime();
    graphs.encode(i);
    row.melMs += (melDone - begin) / 1e6;
    row.encodeMs += (System.nanoTime() - melDone) / 1e6;
    row.begin(sample, previous(row.window), ids.start(row.language, row.window.translate()));
  }

  private List<Integer> previous(Window window) {
    String prompt = window.prompt();
    if (prompt == null || prompt.isBlank()) {
      return List.of();
    }
    List<Integer> said = tokenizer.encode(" " + prompt.strip());
    List<Integer> tokens = new ArrayList<>(List.of(ids.startOfPrevious()));
    tokens.addAll(said.subList(Math.max(0, said.size() - (TOKENS_MAX - 1)), said.size()));
    return tokens;
  }

  /** One more than the index of the highest live row. */
  private int highest() {
    int n = rows.length;
    while (n > 0 && rows[n - 1] == null) {
      n--;
    }
    return n;
  }

  private void step() {
    int live = highest();
    int longest = 1;
    for (int i = 0; i < live; i++) {
      Row row = rows[i];
      if (row == null) {
        graphs.feed(i, ids.endOfText(), 0);
      } else {
        graphs.feed(i, row.tokens.at(row.fed), row.fed);
        longest = Math.max(longest, row.fed + 1);
      }
    }
    graphs.step(live, longest);
    for (int i = 0; i < live; i++) {
      Row row = rows[i];
      if (row != null) {
        advance(i, row);
      }
    }
  }

  private void advance(int i, Row row) {
    boolean startOfTranscript = row.fed == row.startOfTranscript;
    row.fed++;
    if (!startOfTranscript && row.fed < row.tokens.size()) {
      return; // still feeding the prompt: nothing to choose
    }
    graphs.logits(i, logits);
    if (startOfTranscript) {
      row.noSpeechProb = Softmax.of(logits, 0, logits.length).probability(logits[ids.noSpeech()]);
      if (ids.multilingual() && row.language == null) {
        readLanguage(row);
      }
    }
    if (row.fed == row.tokens.size()) {
      choose(i, row);
    }
  }

  /** The most likely language token right after the start of the transcript. */
  private void readLanguage(Row row) {
    double sum = 0;
    int best = -1;
    double max = ids.languages().values().stream().mapToDouble(t -> logits[t]).max().orElseThrow();
    for (Map.Entry<String, Integer> language : ids.languages().entrySet()) {
      float logit = logits[language.getValue()];
      sum += Math.exp(logit - max);
      best = best < 0 || logit > logits[best] ? language.getValue() : best;
    }
    row.language = ids.language(best);
    row.languageProbability = 1 / sum;
    row.extendPrompt(ids.languageAndTask(best, row.window.translate()));
  }

  private void choose(int i, Row row) {
    DecodingRules.Choice choice = rules.choose(logits, row.tokens, row.promptLength);
    row.sumLogprob += choice.logprob();
    if (choice.token() != ids.endOfText()) {
      row.tokens.append(choice.token());
      if (row.said() < TOKENS_MAX) {
        return;
      }
    }
    finish(i, row);
  }

  private void finish(int i, Row row) {
    double seconds = (double) row.window.samples().length / Transcriber.SAMPLE_RATE;
    double from = (double) row.fromSample / Transcriber.SAMPLE_RATE;
    Segmenter.Cut cut = segmenter.cut(row.decoded(), from, seconds);
    row.add(cut.segments());
    boolean movesOn = cut.heardTo() > from;
    if (movesOn && seconds - cut.heardTo() >= REST_SECONDS_MIN) {
      listen(i, row, (int) Math.round(cut.heardTo() * Transcriber.SAMPLE_RATE));
      return;
    }
    rows[i] = null;
    row.result.complete(row.transcript());
  }
}
