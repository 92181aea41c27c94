package io.sotto.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ChunkPlannerTest {
  private static final int SECOND = 31;

  /** Frames of a recording, put together from speech and silence. */
  private static final class Recording {
    private final List<Float> frames = new ArrayList<>();

    Recording speech(int count) {
      return add(count, 0.95f);
    }

    Recording silence(int count) {
      return add(count, 0.02f);
    }

    Recording add(int count, float probability) {
      for (int i = 0; i < count; i++) {
        frames.add(probability);
      }
      return this;
    }

    List<ChunkPlanner.Stretch> plan() {
      List<ChunkPlanner.Stretch> found = new ArrayList<>();
      ChunkPlanner planner = new ChunkPlanner(found::add);
      int forgotten = 0;
      for (float frame : frames) {
        int before = found.size();
        planner.accept(frame);
        for (ChunkPlanner.Stretch stretch : found.subList(before, found.size())) {
          assertTrue(stretch.start() >= forgotten, "asked for samples that were given up");
        }
        forgotten = Math.max(forgotten, planner.keepFrom());
      }
      planner.finish();
      check(found);
      return found;
    }

    /** What holds for every recording. */
    private void check(List<ChunkPlanner.Stretch> found) {
      int end = 0;
      boolean[] covered = new boolean[frames.size()];
      for (ChunkPlanner.Stretch stretch : found) {
        assertTrue(stretch.start() >= end, "in order, none over another: " + found);
        assertTrue(stretch.end() <= frames.size() && stretch.end() > stretch.start(), "" + found);
        assertTrue(stretch.end() - stretch.start() <= ChunkPlanner.LENGTH_MAX, "" + found);
        java.util.Arrays.fill(covered, stretch.start(), stretch.end(), true);
        end = stretch.end();
      }
      int run = 0;
      for (int i = 0; i < covered.length; i++) {
        run = frames.get(i) >= 0.5f ? run + 1 : 0;
        if (run >= 3) {
          assertTrue(covered[i], "speech at frame " + i + " is in no chunk: " + found);
        }
      }
    }
  }

  @Test
  void silenceHasNoChunk() {
    assertEquals(List.of(), new Recording().silence(40 * SECOND).plan());
    assertEquals(List.of(), new Recording().plan());
    assertEquals(List.of(), new Recording().silence(90).speech(2).silence(90).plan(), "a click");
  }

  @Test
  void speechIsPaddedAndLongSilenceLeftOut() {
    List<ChunkPlanner.Stretch> found =
        new Recording().silence(100).speech(60).silence(200).speech(60).silence(100).plan();
    assertEquals(
        List.of(new ChunkPlanner.Stretch(88, 172), new ChunkPlanner.Stretch(348, 432)), found);
  }

  @Test
  void aShortPauseStaysInside() {
    List<ChunkPlanner.Stretch> found = new Recording().speech(60).silence(SECOND).speech(60).plan();
    assertEquals(List.of(new ChunkPlanner.Stretch(0, 151)), found);
  }

  @Test
  void aFullStretchEndsAtTheLongestPauseOfItsLastTenth() {
    Recording talk = new Recording();
    talk.speech(400).silence(60).speech(250).silence(40).speech(110).silence(20).speech(20);
    List<ChunkPlanner.Stretch> found = talk.silence(8).speech(300).plan();
    assertEquals(2, found.size());
    assertTrue(found.getFirst().end() > 860 && found.getFirst().end() < 880, () -> "cut: " + found);
    assertEquals(found.getFirst().end() + 8, found.getLast().start(), 12);
  }

  @Test
  void withoutAPauseThereTheLongestOfTheLastQuarterWillDo() {
    Recording talk = new Recording();
    talk.speech(400).silence(60).speech(280).silence(40).speech(30).silence(10).speech(400);
    List<ChunkPlanner.Stretch> found = talk.plan();
    assertEquals(2, found.size());
    assertTrue(found.getFirst().end() > 740 && found.getFirst().end() < 780, () -> "cut: " + found);
  }

  @Test
  void withoutAPauseThereAnEarlierOneWillDo() {
    List<ChunkPlanner.Stretch> found = new Recording().speech(500).silence(20).speech(600).plan();
    assertEquals(2, found.size());
    assertTrue(found.getFirst().end() > 500 && found.getFirst().end() < 520, () -> "cut: " + found);
  }

  @Test
  void speechWithoutAPauseIsCutWhereItIsLeastLikely() {
    Recording talk = new Recording().speech(800).add(1, 0.6f).speech(400);
    List<ChunkPlanner.Stretch> found = talk.plan();
    assertEquals(new ChunkPlanner.Stretch(0, 800), found.getFirst());
    assertEquals(800, found.getLast().start());
    assertEquals(1201, found.getLast().end());
  }

  @RepeatedTest(200)
  void anyRecordingKeepsTheRules(RepetitionInfo info) {
    Random random = new Random(info.getCurrentRepetition());
    Recording recording = new Recording();
    int pieces = random.nextInt(60);
    for (int i = 0; i < pieces; i++) {
      recording.add(random.nextInt(250), random.nextFloat());
      recording.silence(random.nextInt(random.nextBoolean() ? 6 : 150));
      recording.speech(random.nextInt(random.nextBoolean() ? 30 : 1500));
    }
    assertEquals(recording.plan(), recording.plan());
  }
}
