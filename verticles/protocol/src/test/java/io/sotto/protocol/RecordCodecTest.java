package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every message survives the wire, and nothing unreadable or oversized passes. */
class RecordCodecTest {

  static List<ClusterMessage> examples() {
    return Examples.all();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void comesBackAsItWasSent(ClusterMessage message) {
    assertEquals(message, roundTrip(message));
  }

  @SuppressWarnings("unchecked")
  private static <M extends ClusterMessage> M roundTrip(M message) {
    RecordCodec<M> codec = new RecordCodec<>((Class<M>) message.getClass());
    Buffer wire = Buffer.buffer("before");
    codec.encodeToWire(wire, message);
    wire.appendString("after");
    return codec.decodeFromWire("before".length(), wire);
  }

  @Test
  void everyPermittedRecordHasAnExample() {
    Set<Class<?>> examples =
        Examples.all().stream().map(Object::getClass).collect(Collectors.toSet());
    assertEquals(
        RecordCodec.all().stream().map(RecordCodec::type).collect(Collectors.toSet()), examples);
  }

  @Test
  void fieldsOfANewerNodeAreIgnored() {
    Buffer wire = Buffer.buffer();
    String json =
        "{\"job\":\"0192f000-0000-7000-8000-000000000001\",\"state\":\"running\",\"x\":1}";
    wire.appendInt(json.length()).appendString(json);
    JobChanged read = new RecordCodec<>(JobChanged.class).decodeFromWire(0, wire);
    assertEquals(JobState.RUNNING, read.state());
  }

  /** A node of before sends none, and is sent none unless a request asks for them. */
  @Test
  void logprobsAreOnTheWireOnlyWhereThereAreSome() {
    Segment segment = new Segment(0, 1, " Hi", List.of(1), 0, -0.1, 1, 0, List.of());
    String json = ProtocolJson.write(segment);
    assertFalse(json.contains("logprobs"), json);
    assertNull(ProtocolJson.read(json, Segment.class).logprobs());
    assertEquals("{}", ProtocolJson.write(Decoding.DEFAULT));
  }

  @Test
  void anOfferOfANodeOfBeforeKnowsNoFacts() {
    Buffer wire = Buffer.buffer();
    String json =
        "{\"node\":\"00000000-0000-4000-8000-00000000000a\",\"device\":\"cpu\",\"models\":[\"base\"],"
            + "\"slots\":8,\"free_slots\":5,\"speed\":42.5}";
    wire.appendInt(json.length()).appendString(json);
    WorkerOffer read = new RecordCodec<>(WorkerOffer.class).decodeFromWire(0, wire);
    assertEquals(List.of(), read.facts());
    assertEquals(json, ProtocolJson.write(read));
  }

  /** A scheduler of before asks nobody to be alone, and a worker of before is told nothing new. */
  @Test
  void aChunkIsAloneOnlyWhereItSaysSo() {
    TranscribeChunk alone =
        Examples.all().stream()
            .filter(TranscribeChunk.class::isInstance)
            .map(TranscribeChunk.class::cast)
            .findFirst()
            .orElseThrow();
    String json = ProtocolJson.write(alone);
    assertTrue(json.endsWith(",\"alone\":true}"), json);
    assertTrue(ProtocolJson.read(json, TranscribeChunk.class).solitary());
    String before = json.replace(",\"alone\":true", "");
    TranscribeChunk usual = ProtocolJson.read(before, TranscribeChunk.class);
    assertFalse(usual.solitary());
    assertEquals(before, ProtocolJson.write(usual));
  }

  @Test
  void aMissingNumberIsRefused() {
    Buffer wire = Buffer.buffer();
    String json = "{\"node\":\"00000000-0000-4000-8000-00000000000a\",\"slots\":null}";
    wire.appendInt(json.length()).appendString(json);
    RecordCodec<IngestOffer> codec = new RecordCodec<>(IngestOffer.class);
    assertThrows(IllegalArgumentException.class, () -> codec.decodeFromWire(0, wire));
  }

  @Test
  void aLengthBeyondTheLimitIsRefusedBeforeItIsRead() {
    Buffer wire = Buffer.buffer().appendInt(RecordCodec.BODY_BYTES_MAX + 1);
    RecordCodec<Ack> codec = new RecordCodec<>(Ack.class);
    assertThrows(IllegalArgumentException.class, () -> codec.decodeFromWire(0, wire));
  }

  @Test
  void aBodyBeyondTheLimitIsNotSent() {
    PreparationFailed huge =
        new PreparationFailed(
            JobId.create(0), 1, NodeId.create(), FailureCode.BAD_AUDIO, "x".repeat(1 << 20));
    RecordCodec<PreparationFailed> codec = new RecordCodec<>(PreparationFailed.class);
    assertThrows(IllegalArgumentException.class, () -> codec.encodeToWire(Buffer.buffer(), huge));
  }
}
