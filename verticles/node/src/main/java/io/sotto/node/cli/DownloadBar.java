package io.sotto.node.cli;

import io.sotto.node.model.ModelPull;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows a download: a line that redraws itself on a terminal, a line a file elsewhere. */
final class DownloadBar implements ModelPull.Listener, AutoCloseable {
  private static final long REDRAW_NANOS = 80_000_000L;
  private final PrintWriter out;
  private final boolean terminal;
  private final long started = System.nanoTime();
  private long drawn;
  private long first = -1;
  private String file = "";

  DownloadBar(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  static DownloadBar onTerminal(PrintWriter out) {
    return new DownloadBar(out, Boolean.getBoolean("sotto.stderr.terminal"));
  }

  @Override
  public void downloading(String name, long done, long all) {
    first = first < 0 ? done : first;
    boolean another = !name.equals(file);
    file = name;
    if (!terminal) {
      if (another) {
        out.println(line(done, all));
        out.flush();
      }
    } else if (done == all || System.nanoTime() - drawn >= REDRAW_NANOS) {
      drawn = System.nanoTime();
      out.print("\r\033[K" + line(done, all));
      out.flush();
    }
  }

  private String line(long done, long all) {
    double share = all <= 0 ? 0 : Math.min(1, (double) done / all);
    double seconds = Math.max(1e-3, (System.nanoTime() - started) / 1e9);
    double rate = (done - first) / seconds;
    long left = rate > 0 ? Math.round((all - done) / rate) : 0;
    return String.format(
        Locale.ROOT,
        "%s  %d / %d MB  %.1f MB/s  %d s left  %s",
        ProgressBar.bar(share),
        done >> 20,
        all >> 20,
        rate / (1 << 20),
        left,
        file);
  }

  @Override
  public void building(String step) {
    clear();
    out.println("building: " + step);
    out.flush();
  }

  private void clear() {
    if (terminal) {
      out.print("\r\033[K");
      out.flush();
    }
  }

  @Override
  public void close() {
    clear();
  }
}
