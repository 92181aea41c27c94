package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.storage.EndpointStore.Change;
import io.sotto.storage.EndpointStore.Created;
import io.sotto.storage.EndpointStore.NewEndpoint;
import io.sotto.storage.NewJob;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Sent;
import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every job store promises of registered endpoints. */
public abstract class EndpointContract extends ContractJobs {
  private static final int MAX = 3;
  private static final Change OFF = new Change(null, null, null, false);
  private static final Change ON = new Change(null, null, null, true);
  private static final Answer GONE = new Answer(410, "status", null, 1);
  private long other;

  @BeforeEach
  void tenants() {
    tenant = ThreadLocalRandom.current().nextLong(1_000_000, Long.MAX_VALUE / 4);
    other = tenant + 1;
  }

  private NewEndpoint endpoint(@Nullable String key, String hash, List<String> events) {
    UUID id = UUID.randomUUID();
    return new NewEndpoint(id, tenant, key, hash, "https://" + host + "/x", host, events, "new");
  }

  private WebhookEndpoint create(String... events) {
    NewEndpoint made = endpoint(null, "h", List.of(events));
    Created created = await(store.endpoints().create(made, MAX)).orElseThrow();
    assertTrue(created.created() && created.sameRequest());
    assertEquals(made.id(), created.endpoint().id());
    return created.endpoint();
  }

  private WebhookEndpoint found(UUID id) {
    return await(store.endpoints().find(tenant, id)).orElseThrow();
  }

  private JobId cancelled() {
    NewJob job = job("p");
    await(store.insert(job));
    assertTrue(await(store.cancel(tenant, job.id())));
    return job.id();
  }

  /** This tenant's; what others are to be told is given back. */
  private List<Delivery> claim(Busy busy) {
    List<Delivery> ours = new ArrayList<>();
    for (Delivery delivery : await(store.webhooks().claim(scheduler, 1_000, busy, LONG))) {
      if (delivery.tenantId() == tenant) {
        ours.add(delivery);
      } else {
        await(store.webhooks().release(delivery, Duration.ZERO));
      }
    }
    return ours;
  }

  private void settle(Delivery delivery, State state, Answer answer) {
    assertTrue(
        await(store.webhooks().settle(delivery, new Settlement(state, Duration.ZERO, answer))));
  }

  @Test
  void anEndpointIsItsTenantsAlone() {
    WebhookEndpoint made = create(WebhookEndpoint.COMPLETED, WebhookEndpoint.FAILED);
    assertTrue(made.enabled());
    assertEquals(List.of(made), await(store.endpoints().list(tenant)));
    assertEquals(made, found(made.id()));
    var endpoints = store.endpoints();
    assertEquals(List.of(), await(endpoints.list(other)));
    assertTrue(await(endpoints.find(other, made.id())).isEmpty());
    assertTrue(await(endpoints.change(other, made.id(), OFF)).isEmpty());
    assertTrue(await(endpoints.rotate(other, made.id(), "s", LONG)).isEmpty());
    assertTrue(await(endpoints.test(other, made.id())).isEmpty());
    assertEquals(List.of(), await(endpoints.deliveries(other, made.id(), null, 10)));
    assertFalse(await(endpoints.delete(other, made.id())));
    assertEquals(made, found(made.id()));
  }

  @Test
  void aTenantHasOnlySoMany() {
    for (int i = 0; i < MAX; i++) {
      create(WebhookEndpoint.FAILED);
    }
    assertTrue(
        await(store.endpoints().create(endpoint(null, "h", WebhookEndpoint.EVENTS), MAX))
            .isEmpty());
    WebhookEndpoint first = await(store.endpoints().list(tenant)).getFirst();
    assertTrue(await(store.endpoints().delete(tenant, first.id())));
    create(WebhookEndpoint.FAILED);
    assertEquals(MAX, await(store.endpoints().list(tenant)).size());
  }

  @Test
  void aKeyMakesOneEndpointAlsoWhereNoMoreMayBe() {
    NewEndpoint one = endpoint("k", "h", WebhookEndpoint.EVENTS);
    UUID id = await(store.endpoints().create(one, 1)).orElseThrow().endpoint().id();
    Created again =
        await(store.endpoints().create(endpoint("k", "h", WebhookEndpoint.EVENTS), 1))
            .orElseThrow();
    assertEquals(new Created(found(id), false, true), again);
    Created changed =
        await(store.endpoints().create(endpoint("k", "i", WebhookEndpoint.EVENTS), 1))
            .orElseThrow();
    assertFalse(changed.sameRequest());
  }

  @Test
  void theEndOfAJobIsWrittenForEachEndpointThatWantsIt() {
    UUID completed = create(WebhookEndpoint.COMPLETED).id();
    UUID both = create(WebhookEndpoint.CANCELLED, WebhookEndpoint.COMPLETED).id();
    UUID off = create(WebhookEndpoint.COMPLETED).id();
    await(store.endpoints().change(tenant, off, OFF));
    NewJob job = job("p").withWebhook(webhook);
    await(store.insert(job));
    var leases = running(job.id(), 2);
    await(store.commit(result(leases.getFirst(), DIGEST)));
    assertEquals(List.of(), log(job.id()));
    for (int again = 0; again < 2; again++) {
      await(store.commit(result(leases.getLast(), DIGEST)));
      List<Entry> log = log(job.id());
      assertEquals(3, log.size(), log::toString);
      assertTrue(log.stream().allMatch(e -> e.type().equals(WebhookEndpoint.COMPLETED)));
      assertEquals(3, log.stream().map(Entry::id).distinct().count());
      assertEquals(
          Set.of(completed, both),
          Set.copyOf(log.stream().map(Entry::endpoint).filter(id -> id != null).toList()));
    }
    JobId ended = cancelled();
    assertEquals(both, only(ended).endpoint());
    assertEquals(List.of(), log(JobId.create(1)));
    List<Sent> recent = await(store.webhooks().recent(tenant, null, 10));
    assertEquals(4, recent.size(), recent::toString);
    assertEquals(ended, recent.getFirst().job());
  }

  @Test
  void aDeliveryBringsWhereToAndUnderWhichSecrets() {
    WebhookEndpoint made = create(WebhookEndpoint.CANCELLED);
    JobId job = cancelled();
    Delivery first = claim(Busy.NOBODY).getFirst();
    assertEquals(made.id(), first.endpoint());
    assertEquals(job, first.job());
    assertEquals("https://" + host + "/x", first.webhook().url());
    assertEquals("new", first.webhook().secret());
    assertEquals(WebhookFormat.STANDARD, first.webhook().format());
    assertEquals(List.of(), claim(Busy.NOBODY), "leased");
    await(store.webhooks().release(first, Duration.ZERO));
    assertNotNull(
        await(store.endpoints().rotate(tenant, made.id(), "newer", LONG))
            .orElseThrow()
            .oldSecretUntil());
    Delivery second = claim(Busy.NOBODY).getFirst();
    assertEquals("newer,new", second.webhook().secret());
    assertFalse(
        await(store.webhooks().settle(first, new Settlement(State.DELIVERED, Duration.ZERO, GONE))),
        "fenced");
    await(store.webhooks().release(second, Duration.ZERO));
    await(store.endpoints().rotate(tenant, made.id(), "newest", Duration.ZERO));
    assertEquals("newest", claim(Busy.NOBODY).getFirst().webhook().secret());
    assertNull(found(made.id()).oldSecretUntil());
  }

  @Test
  void busyTenantsAndHostsAndDeadSchedulersGetNothing() {
    create(WebhookEndpoint.CANCELLED);
    cancelled();
    assertEquals(List.of(), claim(new Busy(Set.of(), Set.of(tenant))));
    assertEquals(List.of(), claim(new Busy(Set.of(host), Set.of())));
    assertEquals(List.of(), await(store.webhooks().claim(NodeId.create(), 10, Busy.NOBODY, LONG)));
    assertEquals(1, claim(new Busy(Set.of("else.example"), Set.of(other))).size());
  }

  @Test
  void aTenantsOwnWebhooksWaitToo() {
    NewJob job = job("p").withWebhook(webhook);
    await(store.insert(job));
    await(store.cancel(tenant, job.id()));
    assertEquals(List.of(), claim(new Busy(Set.of(), Set.of(tenant))));
    Delivery own = claim(Busy.NOBODY).getFirst();
    assertNull(own.endpoint());
    assertEquals(webhook, own.webhook());
  }

  /** What is pending then is not sent either, until somebody asks for it. */
  @Test
  void anEndpointThatIsGoneIsDisabledUntilItIsEnabled() {
    UUID id = create(WebhookEndpoint.CANCELLED).id();
    JobId first = cancelled();
    JobId second = cancelled();
    List<Delivery> both = claim(Busy.NOBODY);
    Delivery told = both.getFirst();
    settle(told, State.DISABLED, GONE);
    WebhookEndpoint gone = found(id);
    assertTrue(gone.gone() && !gone.enabled());
    JobId waiting = first.equals(told.job()) ? second : first;
    await(store.webhooks().release(both.getLast(), Duration.ZERO));
    assertEquals(List.of(), claim(Busy.NOBODY));
    assertEquals(State.DISABLED, only(waiting).state());
    assertEquals(List.of(), log(cancelled()), "nobody to tell");
    assertEquals(0, await(store.webhooks().replay(tenant, waiting)));
    assertTrue(await(store.endpoints().test(tenant, id)).isEmpty());
    WebhookEndpoint enabled = await(store.endpoints().change(tenant, id, ON)).orElseThrow();
    assertTrue(enabled.enabled() && !enabled.gone());
    assertEquals(1, await(store.webhooks().replay(tenant, first)));
    assertEquals(List.of(first), claim(Busy.NOBODY).stream().map(Delivery::job).toList());
  }

  @Test
  void whatWaitsForADeletedEndpointIsPutAside() {
    UUID id = create(WebhookEndpoint.CANCELLED).id();
    JobId job = cancelled();
    await(store.endpoints().test(tenant, id));
    assertTrue(await(store.endpoints().delete(tenant, id)));
    assertFalse(await(store.endpoints().delete(tenant, id)));
    assertEquals(List.of(), claim(Busy.NOBODY));
    assertEquals(State.DISABLED, only(job).state());
    assertEquals(1, await(store.webhooks().recent(tenant, null, 10)).size(), "no test");
  }

  @Test
  void anotherUrlAndOtherEventsHoldFromThenOn() {
    UUID id = create(WebhookEndpoint.COMPLETED).id();
    assertEquals(List.of(), log(cancelled()));
    Change change =
        new Change("https://b.example/", "b.example", List.of(WebhookEndpoint.CANCELLED), null);
    WebhookEndpoint changed = await(store.endpoints().change(tenant, id, change)).orElseThrow();
    assertEquals("https://b.example/", changed.url());
    assertEquals(List.of(WebhookEndpoint.CANCELLED), changed.events());
    assertTrue(changed.enabled());
    cancelled();
    assertEquals("b.example", claim(Busy.NOBODY).getFirst().webhook().host());
  }

  @Test
  void aTestIsOneAtATimeAndTheLatestIsKept() {
    UUID id = create(WebhookEndpoint.COMPLETED).id();
    Entry first = await(store.endpoints().test(tenant, id)).orElseThrow();
    assertEquals(State.PENDING, first.state());
    assertEquals(first.id(), await(store.endpoints().test(tenant, id)).orElseThrow().id());
    Delivery delivery = claim(Busy.NOBODY).getFirst();
    assertEquals(WebhookEndpoint.TEST, delivery.type());
    assertNull(delivery.job());
    settle(delivery, State.DELIVERED, new Answer(204, null, null, 1));
    Sent sent = await(store.endpoints().deliveries(tenant, id, null, 10)).getFirst();
    assertEquals(204, sent.entry().log().getFirst().answer().status());
    assertTrue(await(store.webhooks().replay(tenant, first.id())).isEmpty(), "has no job");
    Entry second = await(store.endpoints().test(tenant, id)).orElseThrow();
    assertNotEquals(first.id(), second.id());
    List<Sent> kept = await(store.endpoints().deliveries(tenant, id, null, 10));
    assertEquals(List.of(second.id()), kept.stream().map(one -> one.entry().id()).toList());
    assertEquals(List.of(), await(store.endpoints().deliveries(tenant, id, State.FAILED, 10)));
  }

  @Test
  void aDeletedJobIsAnnouncedToNobody() {
    create(WebhookEndpoint.CANCELLED);
    NewJob open = job("p");
    await(store.insert(open));
    assertTrue(await(store.delete(tenant, open.id())).orElseThrow().open());
    JobId ended = cancelled();
    assertEquals(JobState.CANCELLED, view(ended).state());
    await(store.delete(tenant, ended));
    assertEquals(List.of(), claim(Busy.NOBODY));
    assertEquals(List.of(), await(store.webhooks().recent(tenant, null, 10)));
  }
}
