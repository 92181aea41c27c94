package io.sotto.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Native memory that reads as zero and takes no room until it is written to, as {@code calloc}
 * gives it: a cache for the longest of texts costs what the text at hand needs. Java's own direct
 * buffers are filled when they are made, come back only with the garbage, and count against the
 * heap's limit.
 */
@SuppressWarnings("restricted") // sizes are checked here
final class ZeroPages implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle CALLOC =
      function(
          "calloc",
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      function("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

  private final MemorySegment memory;
  private boolean freed;

  /** At most 2 GiB, so that a buffer can hold it. */
  ZeroPages(long bytes) {
    MemorySegment got =
        (MemorySegment) call(CALLOC, 1L, Math.max(1, (long) Math.toIntExact(bytes)));
    if (got.address() == 0) {
      throw new OutOfMemoryError("the system has no " + bytes + " bytes of memory left");
    }
    memory = got.reinterpret(bytes);
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
  }

  private static Object call(MethodHandle function, Object... arguments) {
    try {
      return function.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException("calling the C library failed", e);
    }
  }

  /** All of it; not to be used after {@link #close}. */
  ByteBuffer buffer() {
    return memory.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    if (!freed) {
      freed = true;
      call(FREE, memory);
    }
  }
}
