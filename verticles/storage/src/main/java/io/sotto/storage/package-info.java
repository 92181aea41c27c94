/**
 * Two doors: {@link io.sotto.storage.AudioStore} on S3 and {@link io.sotto.storage.JobStore} on
 * PostgreSQL.
 */
@NullMarked
package io.sotto.storage;

import org.jspecify.annotations.NullMarked;
