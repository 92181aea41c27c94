package io.sotto.protocol;

/**
 * Everything that crosses the event bus. Bodies are ids, keys, presigned URLs and text; audio
 * never. Changing a record that has been released means a new record with the next version, both
 * served for one release.
 */
public sealed interface ClusterMessage
    permits Ack,
        ClusterMessage.IngestCommand,
        ClusterMessage.WorkerCommand,
        ClusterMessage.SchedulerReport,
        ClusterMessage.Offer,
        ClusterMessage.Hint {

  /** Work an ingest node is asked to do. */
  sealed interface IngestCommand extends ClusterMessage permits PrepareAudio {}

  /** Work a worker is asked to do. */
  sealed interface WorkerCommand extends ClusterMessage permits TranscribeChunk, CancelJob {}

  /**
   * What ingest nodes and workers tell a scheduler, which acknowledges it only after it is in
   * PostgreSQL.
   */
  sealed interface SchedulerReport extends ClusterMessage
      permits ChunksPrepared, PreparationFailed, ChunkTranscribed, ChunkFailed {}

  /** What nodes with capacity say of themselves, every second and on change. */
  sealed interface Offer extends ClusterMessage permits IngestOffer, WorkerOffer {
    NodeId node();

    int freeSlots();
  }

  /** Hints that make things fast and that nothing depends on. */
  sealed interface Hint extends ClusterMessage permits JobAccepted, JobChanged {
    JobId job();
  }
}
