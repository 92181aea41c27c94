/**
 * A mailbox in front of the engine: takes chunks while it has slots, fetches them, has them
 * transcribed and tells a scheduler. Holds no password of the database and none of S3.
 */
@NullMarked
package io.sotto.worker;

import org.jspecify.annotations.NullMarked;
