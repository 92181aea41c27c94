/** The command line: {@code sotto transcribe} and {@code sotto serve}. */
@NullMarked
package io.sotto.node.cli;

import org.jspecify.annotations.NullMarked;
