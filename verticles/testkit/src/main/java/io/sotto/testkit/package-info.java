/** Contracts of the stores, and fakes that keep them. */
@NullMarked
package io.sotto.testkit;

import org.jspecify.annotations.NullMarked;
