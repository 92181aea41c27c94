package io.sotto.http;

import io.sotto.protocol.JobId;
import io.sotto.protocol.LogFields;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A line of the access log. The path is without its query, in which clients may hide anything. */
record Answered(
    String method, String path, int status, long ms, Correlation known, @Nullable JobId job)
    implements LogFields {
  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(known.fields());
    fields.put("method", method);
    fields.put("path", path);
    fields.put("status", status);
    fields.put("ms", ms);
    fields.put("job_id", job == null ? null : job.toString());
    return fields;
  }

  @Override
  public String toString() {
    String request = method + " " + path + " " + status + " " + ms + " ms " + known;
    return job == null ? request : request + " job=" + job;
  }
}
