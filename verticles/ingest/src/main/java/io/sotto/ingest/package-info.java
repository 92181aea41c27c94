/** Recordings to chunks: ffmpeg decodes, Silero finds the pauses, chunks go to the store. */
@NullMarked
package io.sotto.ingest;

import org.jspecify.annotations.NullMarked;
