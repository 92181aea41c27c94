/** Transcripts as subtitles: cut into cues that can be read, and written down as players want. */
@NullMarked
package io.sotto.http.subtitle;

import org.jspecify.annotations.NullMarked;
