package io.sotto.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked once from their jar into a cache folder. */
final class PostgresBinaries {
  private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
  private static final String FOLDER = "postgresql-18";
  private static final String COMPLETE = ".complete";
  private final Path home;

  private PostgresBinaries(Path home) {
    this.home = home;
  }

  static PostgresBinaries unpack(Path cache) {
    Path home = cache.resolve(FOLDER);
    try {
      if (Files.notExists(home.resolve(COMPLETE))) {
        unpackTo(cache, home);
      }
      return new PostgresBinaries(home);
    } catch (IOException e) {
      throw new EmbeddedException("PostgreSQL cannot be unpacked into " + home, e);
    }
  }

  /** Into a folder beside it, then renamed: of two processes that unpack, one is the second. */
  private static void unpackTo(Path cache, Path home) throws IOException {
    Files.createDirectories(cache);
    Path part = Files.createTempDirectory(cache, FOLDER + ".part");
    // the servers' user may be another than ours
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (InputStream archive = PostgresBinaries.class.getResourceAsStream(ARCHIVE)) {
      if (archive == null) {
        throw new EmbeddedException(
            "there is no embedded PostgreSQL for this platform; set database.host");
      }
      extract(new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive))), part);
      Files.createFile(part.resolve(COMPLETE));
      Files.move(part, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException other) {
      PrivateFiles.deleteTree(part);
    }
  }

  private static void extract(TarArchiveInputStream tar, Path to) throws IOException {
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      Path target = to.resolve(entry.getName()).normalize();
      if (!target.startsWith(to)) {
        throw new IOException("the archive names a path outside of it: " + entry.getName());
      }
      if (entry.isDirectory()) {
        Files.createDirectories(target);
        continue;
      }
      Files.createDirectories(target.getParent());
      if (entry.isSymbolicLink()) {
        Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
      } else {
        Files.copy(tar, target);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(
            target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
      }
    }
  }

  /**
   * The command line of one of the programs. They refuse to run as root: then they are given a user
   * namespace of their own, in which they are nobody while the files stay ours.
   */
  List<String> command(String program, String... arguments) {
    List<String> line = new java.util.ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      line.addAll(List.of("unshare", "-U"));
    }
    line.add(home.resolve("bin").resolve(program).toString());
    line.addAll(List.of(arguments));
    return line;
  }
}
