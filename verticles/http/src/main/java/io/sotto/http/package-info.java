/**
 * The REST API: uploads stream to the audio store, jobs go into the job store, results come out of
 * it.
 */
@NullMarked
package io.sotto.http;

import org.jspecify.annotations.NullMarked;
