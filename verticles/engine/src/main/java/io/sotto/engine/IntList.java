package io.sotto.engine;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;

/** A growing list of ints without boxes inside: the tokens of one row, touched at every step. */
final class IntList extends AbstractList<Integer> implements RandomAccess {
  private int[] values = new int[64];
  private int size;

  void append(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  IntList copy() {
    IntList copy = new IntList();
    copy.values = values.clone();
    copy.size = size;
    return copy;
  }

  int at(int index) {
    return values[index];
  }

  @Override
  public Integer get(int index) {
    return values[java.util.Objects.checkIndex(index, size)];
  }

  @Override
  public int size() {
    return size;
  }
}
