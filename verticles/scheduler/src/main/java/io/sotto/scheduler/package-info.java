/**
 * Moves jobs and chunks: claims work for nodes that offer capacity, sends it to their own
 * addresses, writes their reports, and gives back what the dead leave behind. Decides nothing that
 * PostgreSQL has not confirmed.
 */
@NullMarked
package io.sotto.scheduler;

import org.jspecify.annotations.NullMarked;
