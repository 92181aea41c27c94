/** Addresses outside of the cluster that clients name: which of them may be connected to. */
@org.jspecify.annotations.NullMarked
package io.sotto.protocol.net;
