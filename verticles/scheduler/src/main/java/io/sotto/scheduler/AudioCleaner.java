package io.sotto.scheduler;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes the audio of jobs that ended: the text is in the database, and nobody's voice is kept
 * longer than it is needed. Of jobs that a client deleted everything goes, whatever is kept else.
 * One scheduler at a time does it; doing it twice does no harm.
 */
final class AudioCleaner {
  private static final Logger LOG = LoggerFactory.getLogger(AudioCleaner.class);
  private static final String DUTY = "cleaner";

  private final Means means;
  private final NodeLease lease;

  AudioCleaner(Means means, NodeLease lease) {
    this.means = means;
    this.lease = lease;
  }

  /** One round. Awaits the stores. */
  void round() {
    var dutyLease = means.options().times().dutyLease();
    if (lease.trusted() && means.jobs().lead(DUTY, means.node(), dutyLease).await()) {
      means.jobs().deleted(means.options().limits().clean()).await().forEach(this::forget);
      means
          .jobs()
          .uncleaned(means.options().limits().clean(), means.options().audioGrace())
          .await()
          .forEach(this::clean);
    }
  }

  /**
   * Its row goes last, once the bucket says that nothing is left: what a crash leaves is met again.
   */
  private void forget(JobId job) {
    int chunks = means.audio().deleteAll(AudioKey.chunkPrefix(job)).await();
    means.audio().delete(AudioKey.upload(job)).await();
    if (left(AudioKey.chunkPrefix(job)) || left(AudioKey.upload(job).value())) {
      LOG.warn("the audio store says deleted, and lists it still: job={}", job);
    } else if (means.jobs().forget(job, chunks, means.options().retention().witness()).await()) {
      means.meters().erased();
      LOG.info("deleted job={} chunks={}", job, chunks);
    }
  }

  private boolean left(String prefix) {
    return !means.audio().list(prefix, "", 1).await().objects().isEmpty();
  }

  private void clean(JobId job) {
    int chunks = means.audio().deleteAll(AudioKey.chunkPrefix(job)).await();
    if (!means.options().keepAudio()) {
      means.audio().delete(AudioKey.upload(job)).await();
    }
    means.jobs().markCleaned(job, means.options().keepAudio()).await();
    LOG.info("audio deleted job={} chunks={}", job, chunks);
  }
}
