/** PostgreSQL and S3 inside the process, for one-command use; never in production. */
@NullMarked
package io.sotto.embedded;

import org.jspecify.annotations.NullMarked;
