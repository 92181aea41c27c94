package io.sotto.node;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.core.JsonGenerator;
import io.sotto.protocol.LogFields;
import io.sotto.protocol.NodeId;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import net.logstash.logback.composite.AbstractJsonProvider;
import net.logstash.logback.composite.JsonProvider;
import net.logstash.logback.composite.loggingevent.LogLevelJsonProvider;
import net.logstash.logback.composite.loggingevent.LoggerNameJsonProvider;
import net.logstash.logback.composite.loggingevent.LoggingEventFormattedTimestampJsonProvider;
import net.logstash.logback.composite.loggingevent.MessageJsonProvider;
import net.logstash.logback.composite.loggingevent.StackTraceJsonProvider;
import net.logstash.logback.encoder.LoggingEventCompositeJsonEncoder;
import net.logstash.logback.stacktrace.ShortenedThrowableConverter;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Writes the log as the configuration wants it: lines of text as {@code conf/logback.xml} has them,
 * or a JSON object a line. An operator's own logback file without an appender {@code out} stays as
 * it is.
 */
final class LogFormat {
  private static final String APPENDER = "out";
  private static final int ERROR_CHARS_MAX = 16_384;

  private LogFormat() {}

  /** From now on, for the whole process; {@code self} is named in every JSON line. */
  static void use(NodeConfig.Log.Format format, NodeId self) {
    if (format == NodeConfig.Log.Format.TEXT
        || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    Appender<ILoggingEvent> out = context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(APPENDER);
    if (out instanceof OutputStreamAppender<ILoggingEvent> stream) {
      stream.setEncoder(json(context, self));
    }
  }

  static LoggingEventCompositeJsonEncoder json(LoggerContext context, NodeId self) {
    var encoder = new LoggingEventCompositeJsonEncoder();
    encoder.setContext(context);
    encoder.setFindAndRegisterJacksonModules(false);
    add(encoder, time());
    add(encoder, new LogLevelJsonProvider());
    var logger = new LoggerNameJsonProvider();
    logger.setFieldName("logger");
    add(encoder, logger);
    add(encoder, new MessageJsonProvider());
    add(encoder, new Fields(self));
    add(encoder, error());
    encoder.start();
    return encoder;
  }

  private static void add(
      LoggingEventCompositeJsonEncoder encoder, JsonProvider<ILoggingEvent> provider) {
    encoder.getProviders().addProvider(provider);
  }

  private static JsonProvider<ILoggingEvent> time() {
    var time = new LoggingEventFormattedTimestampJsonProvider();
    time.setFieldName("time");
    time.setTimeZone("UTC");
    time.setPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
    return time;
  }

  private static JsonProvider<ILoggingEvent> error() {
    var shortened = new ShortenedThrowableConverter();
    shortened.setMaxLength(ERROR_CHARS_MAX);
    var error = new StackTraceJsonProvider();
    error.setFieldName("error");
    error.setThrowableConverter(shortened);
    return error;
  }

  /** Which node speaks, and what the arguments of the line know of what it is about. */
  private static final class Fields extends AbstractJsonProvider<ILoggingEvent> {
    private final NodeId self;

    Fields(NodeId self) {
      this.self = self;
    }

    @Override
    public void writeTo(JsonGenerator generator, ILoggingEvent event) throws IOException {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("node", self.toString());
      Object[] arguments = event.getArgumentArray();
      for (Object argument : arguments == null ? new Object[0] : arguments) {
        if (argument instanceof LogFields about) {
          fields.putAll(about.fields());
        }
      }
      for (Map.Entry<String, @Nullable Object> field : fields.entrySet()) {
        if (field.getValue() != null) {
          generator.writeObjectField(field.getKey(), field.getValue());
        }
      }
    }
  }
}
