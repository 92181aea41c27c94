/**
 * The vocabulary every room speaks: ids, states, messages, addresses and failures. Sees nothing of
 * ours.
 */
@NullMarked
package io.sotto.protocol;

import org.jspecify.annotations.NullMarked;
