package io.sotto.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Beam search with patience (Kasai et al. 2022; openai/whisper {@code BeamSearchDecoder}). Each
 * hypothesis has a row; one whose children go on in other rows gives them a copy of its caches.
 */
final class BeamPass extends SearchPass {
  private final int enough;
  private boolean first = true;

  BeamPass(Ear ear, DecodingOptions options, Prelude prelude, List<Strand> rows, int frames) {
    super(ear, options, prelude, rows.subList(0, options.beamSize()), frames);
    this.enough = (int) Math.max(1, Math.round(options.beamSize() * options.patience()));
  }

  /** {@code parent} goes on with {@code token}. */
  private record Child(Strand parent, int token, double sumLogprob) {}

  @Override
  void heard(List<Strand> live) {
    boolean choosing = live.getFirst().chooses();
    live.forEach(strand -> strand.fed++);
    if (choosing) {
      choose(live);
    }
  }

  private void choose(List<Strand> live) {
    List<Child> children = new ArrayList<>();
    // at first all say the same
    for (Strand strand : first ? live.subList(0, 1) : live) {
      addLikeliest(strand, children);
    }
    first = false;
    children.sort(Comparator.comparingDouble(Child::sumLogprob).reversed());
    List<Child> kept = new ArrayList<>();
    for (Child child : children) {
      if (child.token != ear.ids.endOfText()) {
        kept.add(child);
        if (kept.size() == strands.size()) {
          break;
        }
      } else if (done.size() < enough) {
        done.add(
            new Hypothesis(
                child.parent.text(), child.sumLogprob, false, child.parent.trace.copy()));
      }
    }
    goOn(live, kept);
    boolean full = !kept.isEmpty() && Limits.full(strands().getFirst());
    if (done.size() >= enough || kept.isEmpty() || full) {
      finish();
    }
  }

  /** The {@code beamSize + 1} likeliest tokens after {@code strand}. */
  private void addLikeliest(Strand strand, List<Child> children) {
    int row = strand.row;
    float[] logits = ear.logits;
    ear.graphs.logits(row, logits);
    boolean due = rules.timestampDue(ear.graphs, row);
    double all = rules.logSum(ear.graphs, row, due);
    int[] best = new int[strands.size() + 1];
    int count = 0;
    for (int token = due ? ear.ids.firstTimestamp() : 0; token < logits.length; token++) {
      float logit = logits[token];
      if (logit < Graphs.NEVER / 2 || count == best.length && logit <= logits[best[count - 1]]) {
        continue;
      }
      int at = count < best.length ? count++ : count - 1;
      for (; at > 0 && logits[best[at - 1]] < logit; at--) {
        best[at] = best[at - 1];
      }
      best[at] = token;
    }
    for (int i = 0; i < count; i++) {
      children.add(new Child(strand, best[i], strand.sumLogprob + logits[best[i]] - all));
    }
  }

  /** A parent's first child stays in its row; the others move where nobody goes on. */
  private void goOn(List<Strand> live, List<Child> kept) {
    List<Strand> free = new ArrayList<>(strands);
    List<Child> staying = new ArrayList<>();
    List<Child> moving = new ArrayList<>();
    for (Child child : kept) {
      (free.remove(child.parent) ? staying : moving).add(child);
    }
    for (Child child : moving) {
      Strand to = free.removeFirst();
      ear.graphs.copyText(child.parent.row, to.row, child.parent.fed);
      to.follow(child.parent);
      to.ended = false;
      say(to, child);
    }
    free.forEach(strand -> strand.ended = true);
    for (Child child : staying) {
      say(child.parent, child);
    }
  }

  private static void say(Strand strand, Child child) {
    strand.tokens.append(child.token);
    strand.trace.choose(child.sumLogprob - strand.sumLogprob);
    strand.sumLogprob = child.sumLogprob;
  }

  /** Unfinished hypotheses count when too few have ended. */
  private void finish() {
    for (Strand strand : strands()) {
      if (done.size() < strands.size()) {
        done.add(strand.hypothesis());
      }
      strand.ended = true;
    }
  }
}
