package io.sotto.it.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** What Linux tells of a process to whoever may look. */
final class ProcFiles {
  private static final int REMOTE = 2;
  private static final int STATE = 3;
  private static final int INODE = 9;
  private static final String LISTENS = "0A";

  private ProcFiles() {}

  static String environment(long pid) throws IOException {
    return text(pid, "environ");
  }

  static String commandLine(long pid) throws IOException {
    return text(pid, "cmdline");
  }

  private static String text(long pid, String file) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(pid), file));
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Addresses of the other ends of its TCP connections. */
  static List<String> peers(long pid) throws IOException {
    Set<String> sockets = sockets(pid);
    List<String> peers = new ArrayList<>();
    for (String table : List.of("net/tcp", "net/tcp6")) {
      List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), table));
      for (String line : lines.subList(1, lines.size())) {
        String[] columns = line.strip().split("\\s+");
        if (!columns[STATE].equals(LISTENS) && sockets.contains(columns[INODE])) {
          peers.add(address(columns[REMOTE].split(":")[0]));
        }
      }
    }
    return peers;
  }

  private static Set<String> sockets(long pid) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (var files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path file : files.toList()) {
        try {
          String target = Files.readSymbolicLink(file).toString();
          if (target.startsWith("socket:[")) {
            inodes.add(target.substring("socket:[".length(), target.length() - 1));
          }
        } catch (IOException closed) {
          // in the meantime
        }
      }
    }
    return inodes;
  }

  /** Words of four bytes in the machine's order; IPv4 in IPv6 is IPv4. */
  private static String address(String hex) throws IOException {
    ByteBuffer words = ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.nativeOrder());
    ByteBuffer bytes = ByteBuffer.allocate(words.capacity());
    while (words.hasRemaining()) {
      bytes.putInt(words.getInt());
    }
    return InetAddress.getByAddress(bytes.array()).getHostAddress();
  }
}
