/** Sound to speech spans to text on ONNX Runtime. Knows no network, no store and no Vert.x. */
@NullMarked
package io.sotto.engine;

import org.jspecify.annotations.NullMarked;
