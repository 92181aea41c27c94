/**
 * Tells receivers outside that jobs have ended. One door: {@link
 * io.sotto.scheduler.webhook.WebhookVerticle}.
 */
@NullMarked
package io.sotto.scheduler.webhook;

import org.jspecify.annotations.NullMarked;
