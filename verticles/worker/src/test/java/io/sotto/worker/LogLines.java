package io.sotto.worker;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** What a class says to the log, at every level, while this is open. */
final class LogLines implements AutoCloseable {
  private final Logger logger;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final AppenderBase<ILoggingEvent> ear =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          lines.add(event.getFormattedMessage());
        }
      };

  private LogLines(Class<?> of) {
    logger = (Logger) LoggerFactory.getLogger(of);
  }

  static LogLines of(Class<?> of) {
    LogLines lines = new LogLines(of);
    lines.logger.setLevel(Level.TRACE);
    lines.ear.start();
    lines.logger.addAppender(lines.ear);
    return lines;
  }

  List<String> all() {
    return List.copyOf(lines);
  }

  @Override
  public void close() {
    logger.detachAppender(ear);
    logger.setLevel(null);
  }
}
