package io.sotto.storage;

import io.sotto.protocol.AudioKey;

/** An object as it was written: its length in bytes and its lower-case hex SHA-256. */
public record StoredAudio(AudioKey key, long bytes, String sha256) {}
