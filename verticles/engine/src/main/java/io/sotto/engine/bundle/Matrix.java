package io.sotto.engine.bundle;

/** A matrix of fp32, row-major. */
record Matrix(int rows, int columns, float[] data) {
  Matrix {
    if ((long) rows * columns != data.length) {
      throw new IllegalArgumentException(rows + " x " + columns + " is not " + data.length);
    }
  }

  float at(int row, int column) {
    return data[row * columns + column];
  }

  Matrix transposed() {
    float[] out = new float[data.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[c * rows + r] = data[r * columns + c];
      }
    }
    return new Matrix(columns, rows, out);
  }

  /** Its columns, then those of {@code others}. */
  Matrix beside(Matrix... others) {
    int width = columns;
    for (Matrix other : others) {
      width += other.columns;
    }
    float[] out = new float[rows * width];
    int at = copyInto(out, width, 0);
    for (Matrix other : others) {
      at = other.copyInto(out, width, at);
    }
    return new Matrix(rows, width, out);
  }

  private int copyInto(float[] out, int width, int at) {
    for (int r = 0; r < rows; r++) {
      System.arraycopy(data, r * columns, out, r * width + at, columns);
    }
    return at + columns;
  }

  /** Each row times its own factor. */
  Matrix rowsTimes(float[] factors) {
    float[] out = new float[data.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[r * columns + c] = data[r * columns + c] * factors[r];
      }
    }
    return new Matrix(rows, columns, out);
  }
}
