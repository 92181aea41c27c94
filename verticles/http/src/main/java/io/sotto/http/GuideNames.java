package io.sotto.http;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The metric names of the deployment guide, told beside ours, so that its alerts and dashboards
 * need no change. Made of ours at every scrape; a name whose source is not there is not there.
 */
final class GuideNames {
  private static final double PERCENT = 100;

  private enum Kind {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  /**
   * {@code only} selects points of {@code source} by their labels; {@code labels} are those that
   * are kept, and what they are called. Points of counters and gauges that are then alike are added
   * up; a histogram keeps the labels that are not named too.
   */
  private record Name(
      String name,
      Kind kind,
      String source,
      Map<String, List<String>> only,
      Map<String, String> labels,
      double factor) {

    Name where(String label, String... values) {
      return new Name(name, kind, source, Map.of(label, List.of(values)), labels, factor);
    }

    Name as(String... pairs) {
      Map<String, String> renamed = new LinkedHashMap<>(labels);
      for (int i = 0; i < pairs.length; i += 2) {
        renamed.put(pairs[i], pairs[i + 1]);
      }
      return new Name(name, kind, source, only, renamed, factor);
    }

    Name times(double by) {
      return new Name(name, kind, source, only, labels, by);
    }
  }

  private static final List<Name> NAMES =
      List.of(
          counter("transcription_uploads", "sotto_jobs_accepted"),
          counter("transcription_success", "sotto_jobs_ended").where("outcome", "completed"),
          counter("transcription_failures", "sotto_jobs_ended").where("outcome", "failed"),
          counter("transcription_callback_success", "sotto_webhooks_delivered"),
          counter("transcription_callback_failures", "sotto_webhooks_failed"),
          counter("callback_errors", "sotto_webhooks_retried"),
          counter("transcription_errors", "sotto_works_failed").as("code", "error_type"),
          counter("model_selected", "sotto_jobs_accepted").as("model", "model"),
          counter("s3_upload_failures", "sotto_objects_calls_seconds").where("outcome", "failed"),
          counter("transcription_requests", "sotto_http_requests_seconds")
              .as("method", "method", "route", "endpoint", "status", "status"),
          gauge("active_transcriptions_count", "sotto_worker_slots_busy"),
          gauge("transcription_processing_queue_size", "sotto_queue_chunks")
              .where("state", "ready"),
          gauge("cpu_usage_percent", "process_cpu_usage").times(PERCENT),
          gauge("memory_usage_bytes", "jvm_memory_used_bytes"),
          gauge("health_status", "sotto_component_up").as("component", "component"),
          histogram("health_check_duration_seconds", "sotto_component_check_seconds"),
          histogram("transcription_request_duration_seconds", "sotto_http_requests_seconds")
              .as("route", "endpoint"),
          histogram("http_server_requests_seconds", "sotto_http_requests_seconds")
              .as("route", "uri"),
          histogram("transcription_duration_seconds", "sotto_worker_chunks_seconds"),
          histogram("whisperx_processing_duration_seconds", "sotto_worker_chunks_seconds"),
          histogram("whisperx_model_load_duration_seconds", "sotto_model_loads_seconds"),
          histogram("transcription_file_size_bytes", "sotto_upload_bytes"));

  private GuideNames() {}

  private static Name counter(String name, String source) {
    return new Name(name, Kind.COUNTER, source, Map.of(), Map.of(), 1);
  }

  private static Name gauge(String name, String source) {
    return new Name(name, Kind.GAUGE, source, Map.of(), Map.of(), 1);
  }

  private static Name histogram(String name, String source) {
    return new Name(name, Kind.HISTOGRAM, source, Map.of(), Map.of(), 1);
  }

  /** {@code own}, and what the guide calls some of them. */
  static MetricSnapshots with(MetricSnapshots own) {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    own.forEach(all::metricSnapshot);
    for (Name name : NAMES) {
      source(own, name).map(source -> named(name, source)).ifPresent(all::metricSnapshot);
    }
    return all.build();
  }

  private static Optional<MetricSnapshot> source(MetricSnapshots own, Name name) {
    return own.stream()
        .filter(snapshot -> snapshot.getMetadata().getPrometheusName().equals(name.source))
        .findFirst();
  }

  private static MetricSnapshot named(Name name, MetricSnapshot source) {
    return switch (name.kind) {
      case COUNTER -> counter(name, source);
      case GAUGE -> gauge(name, source);
      case HISTOGRAM -> histogram(name, source);
    };
  }

  private static MetricSnapshot counter(Name name, MetricSnapshot source) {
    CounterSnapshot.Builder made = CounterSnapshot.builder().name(name.name).help(help(name));
    sums(name, source)
        .forEach(
            (labels, sum) ->
                made.dataPoint(
                    CounterDataPointSnapshot.builder().labels(labels).value(sum).build()));
    return made.build();
  }

  private static MetricSnapshot gauge(Name name, MetricSnapshot source) {
    GaugeSnapshot.Builder made = GaugeSnapshot.builder().name(name.name).help(help(name));
    sums(name, source)
        .forEach(
            (labels, sum) ->
                made.dataPoint(
                    GaugeDataPointSnapshot.builder()
                        .labels(labels)
                        .value(sum * name.factor)
                        .build()));
    return made.build();
  }

  private static MetricSnapshot histogram(Name name, MetricSnapshot source) {
    HistogramSnapshot.Builder made = HistogramSnapshot.builder().name(name.name).help(help(name));
    for (DataPointSnapshot point : source.getDataPoints()) {
      if (point instanceof HistogramDataPointSnapshot known) {
        made.dataPoint(
            HistogramDataPointSnapshot.builder()
                .labels(renamed(name, known.getLabels(), true))
                .classicHistogramBuckets(known.getClassicBuckets())
                .sum(known.getSum())
                .build());
      }
    }
    return made.build();
  }

  private static String help(Name name) {
    return "As " + name.source + ", under the name of the deployment guide";
  }

  private static Map<Labels, Double> sums(Name name, MetricSnapshot source) {
    Map<Labels, Double> sums = new LinkedHashMap<>();
    for (DataPointSnapshot point : source.getDataPoints()) {
      Labels labels = point.getLabels();
      if (name.only.entrySet().stream()
          .allMatch(wanted -> wanted.getValue().contains(labels.get(wanted.getKey())))) {
        sums.merge(renamed(name, labels, false), value(point), Double::sum);
      }
    }
    return sums;
  }

  private static double value(DataPointSnapshot point) {
    return switch (point) {
      case CounterDataPointSnapshot counter -> counter.getValue();
      case GaugeDataPointSnapshot gauge -> gauge.getValue();
      case HistogramDataPointSnapshot histogram -> histogram.getCount();
      default -> Double.NaN;
    };
  }

  private static Labels renamed(Name name, Labels labels, boolean others) {
    Labels.Builder made = Labels.builder();
    labels.forEach(
        label -> {
          String as = name.labels.get(label.getName());
          if (as != null || others) {
            made.label(as == null ? label.getName() : as, label.getValue());
          }
        });
    return made.build();
  }
}
