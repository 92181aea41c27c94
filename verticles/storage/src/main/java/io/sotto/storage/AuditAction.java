package io.sotto.storage;

/** What is written into the audit log, by the name it has there. */
public enum AuditAction {
  /** A key was accepted; entries of one key and address within a while are one. */
  AUTH_ACCEPTED("auth.accepted"),
  /** A key was unknown, or there was none. */
  AUTH_REFUSED("auth.refused"),
  /** The file of keys was read, with others than before. */
  KEYS_CHANGED("keys.changed"),
  JOB_CANCELLED("job.cancelled"),
  JOB_DELETED("job.deleted"),
  /** Kept as long as it may be: its text is deleted, what it was is told by hashes and counts. */
  JOB_EXPIRED("job.expired"),
  /** The recording of a job that is kept was kept as long as it may be. */
  AUDIO_EXPIRED("audio.expired"),
  /** Nothing is left of a job that was deleted, neither rows nor objects. */
  JOB_ERASED("job.erased"),
  /** Objects that no job needed are gone; {@code times} is how many. */
  ORPHANS_DELETED("orphans.deleted"),
  WEBHOOK_REPLAYED("webhook.replayed"),
  ENDPOINT_CREATED("endpoint.created"),
  ENDPOINT_CHANGED("endpoint.changed"),
  /** It got another secret. */
  ENDPOINT_ROTATED("endpoint.rotated"),
  ENDPOINT_DELETED("endpoint.deleted"),
  NODE_STARTED("node.started"),
  NODE_STOPPED("node.stopped"),
  /** Entries that found no room while the log could not be written. */
  ENTRIES_LOST("audit.lost");

  private final String wire;

  AuditAction(String wire) {
    this.wire = wire;
  }

  public String wire() {
    return wire;
  }
}
