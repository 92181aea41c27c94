package io.sotto.engine;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One tensor of the decoder for all rows of a lane, rows one after the other in native memory.
 * Tensors over it are views: what a graph writes is there, nothing is copied.
 */
final class RowBuffer implements AutoCloseable {
  /** How elements are stored. */
  enum Kind {
    FLOAT(4),
    HALF(2),
    INT32(4),
    INT64(8),
    INT8(1);

    private final int bytes;

    Kind(int bytes) {
      this.bytes = bytes;
    }
  }

  private final Kind kind;
  private final long[] shape;
  private final int rowBytes;
  private final ZeroPages pages;
  private final ByteBuffer memory;
  private final List<OnnxTensor> tensors = new ArrayList<>();

  /** {@code shape} is that of one row, without the rows' own dimension. */
  RowBuffer(Kind kind, int rows, long... shape) {
    this.kind = kind;
    this.shape = shape.clone();
    long bytes = kind.bytes;
    for (long side : shape) {
      bytes = Math.multiplyExact(bytes, side);
    }
    rowBytes = Math.toIntExact(bytes);
    pages = new ZeroPages((long) rowBytes * rows);
    memory = pages.buffer();
  }

  int rowBytes() {
    return rowBytes;
  }

  /** The memory of {@code count} rows from {@code row} on. */
  ByteBuffer rows(int row, int count) {
    return memory.slice(row * rowBytes, count * rowBytes).order(ByteOrder.nativeOrder());
  }

  /** A tensor [count, shape of a row] over those rows; closed with this buffer. */
  OnnxTensor tensor(int row, int count) throws OrtException {
    long[] sides = new long[shape.length + 1];
    sides[0] = count;
    System.arraycopy(shape, 0, sides, 1, shape.length);
    return tensor(rows(row, count), sides);
  }

  /** A tensor [1, sides] over the begin of the first row; closed with this buffer. */
  OnnxTensor tensorOf(long... sides) throws OrtException {
    long bytes = kind.bytes;
    long[] all = new long[sides.length + 1];
    all[0] = 1;
    for (int i = 0; i < sides.length; i++) {
      bytes *= sides[i];
      all[i + 1] = sides[i];
    }
    return tensor(memory.slice(0, Math.toIntExact(bytes)).order(ByteOrder.nativeOrder()), all);
  }

  private OnnxTensor tensor(ByteBuffer view, long[] sides) throws OrtException {
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    OnnxTensor tensor =
        switch (kind) {
          case FLOAT -> OnnxTensor.createTensor(env, view.asFloatBuffer(), sides);
          case HALF -> OnnxTensor.createTensor(env, view, sides, OnnxJavaType.FLOAT16);
          case INT32 -> OnnxTensor.createTensor(env, view.asIntBuffer(), sides);
          case INT64 -> OnnxTensor.createTensor(env, view.asLongBuffer(), sides);
          case INT8 -> OnnxTensor.createTensor(env, view, sides, OnnxJavaType.INT8);
        };
    tensors.add(tensor);
    return tensor;
  }

  /** Copies {@code bytes} of row {@code from} at {@code offset} to the same place of {@code to}. */
  void copy(int from, int to, int offset, int bytes) {
    memory.put(to * rowBytes + offset, memory, from * rowBytes + offset, bytes);
  }

  @Override
  public void close() {
    tensors.forEach(OnnxTensor::close);
    pages.close();
  }
}
