package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.SottoException;
import io.vertx.core.Future;
import java.util.List;

/**
 * The part of the job store that knows whose work is waiting: what tenants may have, and what is
 * queued.
 */
public interface TenantStore {

  /** Writes down what {@code tenant} may have, for claims to keep to. */
  Future<Void> putTenant(Tenant tenant);

  /** Jobs that have not ended, {@code limit} of them at most, in no order. */
  Future<List<OpenJob>> openJobs(int limit);

  /**
   * A job that has not ended, the weight of its tenant, and how many milliseconds of its audio are
   * left: estimated from its bytes until it is decoded.
   */
  record OpenJob(JobId job, long tenant, double weight, long leftMs) {}

  /**
   * How many jobs may be open, of one tenant and of all together. Checked in the statement that
   * inserts: exceeded by no more jobs than are being inserted at the same moment.
   */
  record Admission(int tenantJobsMax, int jobsMax) {
    public static final Admission UNLIMITED = new Admission(Integer.MAX_VALUE, Integer.MAX_VALUE);

    public Admission {
      if (tenantJobsMax < 1 || jobsMax < 1) {
        throw new IllegalArgumentException("limits of open jobs are at least 1");
      }
    }

    public SottoException tenantFull() {
      return new SottoException(
          FailureCode.RATE_LIMIT_EXCEEDED,
          "you have "
              + tenantJobsMax
              + " jobs that have not ended, as many as may be; wait for one to end, or cancel one");
    }

    public SottoException allFull() {
      return new SottoException(
          FailureCode.OVERLOADED,
          "the cluster has " + jobsMax + " jobs that have not ended, as many as may be; try later");
    }
  }
}
