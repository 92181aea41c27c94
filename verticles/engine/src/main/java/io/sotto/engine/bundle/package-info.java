/** Offline: a Hugging Face checkpoint becomes a bundle of graphs that the engine runs. */
@NullMarked
package io.sotto.engine.bundle;

import org.jspecify.annotations.NullMarked;
