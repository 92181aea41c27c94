/**
 * A process of the cluster: configuration, cluster membership, roles, drain and the command line.
 */
@NullMarked
package io.sotto.node;

import org.jspecify.annotations.NullMarked;
