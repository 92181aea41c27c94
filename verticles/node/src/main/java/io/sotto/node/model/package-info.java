/** Models on disk and where they come from: building, downloading, checking, removing. */
@org.jspecify.annotations.NullMarked
package io.sotto.node.model;
