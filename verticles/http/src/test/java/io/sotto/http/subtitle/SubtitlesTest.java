package io.sotto.http.subtitle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;

/** What is written is read again by parsers that know the formats alone. */
class SubtitlesTest {
  private static final Shape PLAIN = new Shape(30, 2, null, false, null, null, null, null);
  private static final Shape KARAOKE = new Shape(30, 2, null, true, null, null, null, null);

  /** A cue as a player has it: times in milliseconds, lines without markup. */
  private record Read(long start, long end, List<String> lines) {}

  private static Subtitles of(Shape shape, Segment... segments) {
    return Subtitles.of(List.of(segments), "en", 60_000, shape);
  }

  private static Segment said(double start, double end, String text) {
    return new Segment(start, end, text, List.of(), 0, -0.2, 1, 0, List.of());
  }

  private static Segment hello() {
    List<Word> words = List.of(new Word(" Hello", 0.5, 1, 1), new Word(" you.", 1.25, 2, 1));
    return new Segment(0.5, 2, " Hello you.", List.of(), 0, 0, 1, 0, words);
  }

  @Test
  void withoutAShapeTheyAreWhispers() {
    Subtitles plain =
        of(null, said(0, 1.5, " Hello there."), said(1.5, 3600, " \"No\", & \\ or 😀"));
    assertEquals(
        """
        1
        00:00:00,000 --> 00:00:01,500
        Hello there.

        2
        00:00:01,500 --> 01:00:00,000
        "No", & \\ or 😀

        """,
        plain.srt());
    assertEquals(
        "WEBVTT\n\n"
            + "00:00.000 --> 00:01.500\n"
            + "Hello there.\n\n"
            + "00:01.500 --> 01:00:00.000\n"
            + "\"No\", &amp; \\ or 😀\n\n",
        plain.vtt());
    assertEquals(
        "start\tend\ttext\n0\t1500\tHello there.\n1500\t3600000\t\"No\", & \\ or 😀\n",
        plain.tsv());
  }

  @Test
  void wordsAreHighlighted() {
    Subtitles karaoke = of(new Shape(null, null, null, true, null, null, null, null), hello());
    assertEquals(
        """
        1
        00:00:00,500 --> 00:00:01,000
        <u>Hello</u> you.

        2
        00:00:01,000 --> 00:00:01,250
        Hello you.

        3
        00:00:01,250 --> 00:00:02,000
        Hello <u>you.</u>

        """,
        karaoke.srt());
    assertEquals("WEBVTT\n\n00:00.500 --> 00:02.000\nHello <00:01.250>you.\n\n", karaoke.vtt());
  }

  @Test
  void ttmlIsADocument() throws Exception {
    String ttml = of(new Shape(8, 2, null, false, null, null, null, null), hello()).ttml("en");
    assertTrue(
        ttml.contains("<p begin=\"00:00:00.500\" end=\"00:00:02.000\">Hello<br/>you.</p>\n"), ttml);
    Element root = xml(ttml).getDocumentElement();
    assertEquals("http://www.w3.org/ns/ttml", root.getNamespaceURI());
    assertEquals("en", root.getAttribute("xml:lang"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a line\nand one more\r\n\r\nand 9",
        "\"quoted\" and 'so'",
        "back\\slash\\n",
        "😀 and 👩‍👩‍👧",
        "00:00:01,000 --> 00:00:02,000",
        "-- > --->",
        "R&B &amp; a<b>c</b>",
        "tab\tand\u0000\u0007\u001b nul",
        "half \ud83d a pair",
        "]]> <!-- --> ?>",
        "WEBVTT",
        "12",
        "line\u2028and\u0085page\f"
      })
  void noTextBreaksAFormat(String text) throws Exception {
    Segment odd = said(1, 2, " " + text);
    String clean =
        text.replaceAll("[\\p{Cc}\u2028&&[^\t]]+", " ").replaceAll("\\p{Cs}", "\ufffd").strip();
    String shortened = clean.replaceAll("-{2,}>", "->");
    Subtitles all = of(null, said(0, 1, " Before."), odd, said(2, 3, " After."));
    assertEquals(List.of("Before.", shortened, "After."), firstLines(srt(all.srt())));
    assertEquals(List.of("Before.", shortened, "After."), firstLines(vtt(all.vtt())));
    assertEquals(List.of("Before.", clean, "After."), firstLines(ttml(all.ttml("en"))));
    assertEquals(clean.replace('\t', ' '), all.tsv().split("\n", -1)[2].split("\t", -1)[2]);
    assertEquals(5, all.tsv().split("\n", -1).length);
  }

  private static List<String> firstLines(List<Read> cues) {
    cues.forEach(cue -> assertEquals(1, cue.lines.size(), cue::toString));
    return cues.stream().map(cue -> cue.lines.getFirst()).toList();
  }

  @Test
  void anyTalkIsReadAsItWasCut() throws Exception {
    long seed = Long.getLong("sotto.subtitle.seed", new Random().nextLong());
    for (int i = 0; i < 150; i++) {
      String what = "-Dsotto.subtitle.seed=" + (seed + i);
      boolean spaces = RandomTalk.spaces(seed + i);
      List<Segment> segments = new RandomTalk(seed + i, spaces).segments();
      String language = spaces ? "en" : "zh";
      Subtitles cut = Subtitles.of(segments, language, 999_000, PLAIN);
      List<Read> cues =
          cut.cues().stream().map(c -> new Read(c.startMs(), c.endMs(), c.texts())).toList();
      assertEquals(cues, ttml(cut.ttml(language)), what);
      List<Read> arrows = cues.stream().map(SubtitlesTest::withoutArrows).toList();
      assertEquals(arrows, srt(cut.srt()), what);
      assertEquals(arrows, vtt(cut.vtt()), what);
      Subtitles karaoke = Subtitles.of(segments, language, 999_000, KARAOKE);
      assertEquals(arrows, vtt(karaoke.vtt()), what);
      everyWordIsMarked(srt(karaoke.srt()), arrows, what);
    }
  }

  private static Read withoutArrows(Read cue) {
    return new Read(
        cue.start, cue.end, cue.lines.stream().map(l -> l.replaceAll("-{2,}>", "->")).toList());
  }

  /** The cues of {@code marked} lie end to end in those of {@code plain}, with their text. */
  private static void everyWordIsMarked(List<Read> marked, List<Read> plain, String what) {
    int at = 0;
    for (Read cue : plain) {
      long reached = cue.start;
      while (at < marked.size() && marked.get(at).start < cue.end) {
        Read part = marked.get(at++);
        assertEquals(reached, part.start, what);
        assertEquals(
            cue.lines, part.lines.stream().map(l -> l.replaceAll("</?u>", "")).toList(), what);
        reached = part.end;
      }
      assertEquals(cue.end, reached, what);
    }
    assertEquals(marked.size(), at, what);
  }

  private static List<Read> srt(String text) {
    List<Read> cues = new ArrayList<>();
    for (String block : blocks(text)) {
      String[] lines = block.split("\n", -1);
      assertEquals(String.valueOf(cues.size() + 1), lines[0], text);
      String time = "(\\d{2,}):([0-5]\\d):([0-5]\\d),(\\d{3})";
      Matcher times = Pattern.compile(time + " --> " + time).matcher(lines[1]);
      assertTrue(times.matches(), block);
      List<String> shown = List.of(lines).subList(2, lines.length);
      shown.forEach(line -> assertFalse(line.contains("-->"), block));
      cues.add(new Read(ms(times, 1), ms(times, 5), shown));
    }
    return cues;
  }

  /** By the grammar of the W3C: header, blocks, cue text of spans, timestamps and escapes. */
  private static List<Read> vtt(String text) {
    assertTrue(text.startsWith("WEBVTT\n\n"), text);
    List<Read> cues = new ArrayList<>();
    for (String block : blocks(text.substring(8))) {
      String[] lines = block.split("\n", -1);
      String time = "(?:(\\d{2,}):)?([0-5]\\d):([0-5]\\d)\\.(\\d{3})";
      Matcher times = Pattern.compile(time + " --> " + time).matcher(lines[0]);
      assertTrue(times.matches(), block);
      long start = ms(times, 1);
      long end = ms(times, 5);
      long last = start;
      List<String> shown = new ArrayList<>();
      for (String line : List.of(lines).subList(1, lines.length)) {
        assertFalse(line.contains("-->"), block);
        Matcher marks = Pattern.compile("<" + time + ">").matcher(line);
        while (marks.find()) {
          assertTrue(ms(marks, 1) > last && ms(marks, 1) < end, block);
          last = ms(marks, 1);
        }
        String bare = line.replaceAll("<" + time + ">", "");
        assertTrue(bare.matches("([^&<]|&amp;|&lt;|&gt;|&nbsp;)*"), block);
        shown.add(bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
      }
      assertTrue(end > start, block);
      cues.add(new Read(start, end, shown));
    }
    return cues;
  }

  /** What stands between empty lines, line ends as either system writes them. */
  private static List<String> blocks(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split("\r\n\r\n|\n\n|\r\r"));
  }

  private static long ms(Matcher time, int group) {
    String hours = time.group(group);
    return ((hours == null ? 0 : Long.parseLong(hours)) * 60
                + Long.parseLong(time.group(group + 1)))
            * 60_000
        + Long.parseLong(time.group(group + 2)) * 1000
        + Long.parseLong(time.group(group + 3));
  }

  private static Document xml(String text) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(text)));
  }

  private static List<Read> ttml(String text) throws Exception {
    var paragraphs = xml(text).getElementsByTagNameNS("http://www.w3.org/ns/ttml", "p");
    List<Read> cues = new ArrayList<>();
    for (int i = 0; i < paragraphs.getLength(); i++) {
      Element p = (Element) paragraphs.item(i);
      List<String> lines = new ArrayList<>(List.of(""));
      for (Node node = p.getFirstChild(); node != null; node = node.getNextSibling()) {
        if (node instanceof Element br) {
          assertEquals("br", br.getLocalName());
          lines.add("");
        } else {
          lines.add(lines.removeLast() + node.getNodeValue());
        }
      }
      cues.add(new Read(ttmlMs(p.getAttribute("begin")), ttmlMs(p.getAttribute("end")), lines));
    }
    return cues;
  }

  private static long ttmlMs(String time) {
    Matcher match = Pattern.compile("(\\d{2,}):([0-5]\\d):([0-5]\\d)\\.(\\d{3})").matcher(time);
    assertTrue(match.matches(), time);
    return ms(match, 1);
  }
}
