import { propagation, type Context } from '@opentelemetry/api';

import { MAX_DECISION_ID_CHARS } from './entry.ts';
import { isLogName } from './names.ts';

/**
 * A decision that goes through several services travels as W3C Baggage, if both sides want that: baggage is sent with
 * every outgoing call, to model providers too, and what comes in with a request is what its sender claims.
 */

/** What a request says of the decision it belongs to. Whoever can send a request can say it. */
export interface DecisionClaim {
  readonly decisionId: string;
  /** Name of the log that the decision was begun in. */
  readonly log: string;
}

export interface PropagationOptions {
  /** Put the decision into the baggage of what runs inside it. Default false; a decision's own `propagate` decides first. */
  readonly send?: boolean;
  /** Which decisions of incoming baggage are taken over; their entries say `decision_basis: "baggage"`. Default none. */
  readonly accept?: (claim: DecisionClaim) => boolean;
}

/** One member, so that log and id cannot be taken from two senders: `<log> <id>`, percent-encoded by the propagator. */
const BAGGAGE_KEY = 'spanseal.decision';

/** The context with the decision in its baggage, beside what else is there. */
export function withBaggage(from: Context, { decisionId, log }: DecisionClaim): Context {
  const baggage = propagation.getBaggage(from) ?? propagation.createBaggage();
  return propagation.setBaggage(from, baggage.setEntry(BAGGAGE_KEY, { value: `${log} ${decisionId}` }));
}

/** The decision that the baggage of a context names, if it names one by the rules of an entry. */
export function claimOf(from: Context): DecisionClaim | undefined {
  const value: unknown = propagation.getBaggage(from)?.getEntry(BAGGAGE_KEY)?.value;
  if (typeof value !== 'string') return undefined;
  const space = value.indexOf(' ');
  const log = value.slice(0, space);
  const decisionId = value.slice(space + 1);
  const stands =
    space > 0 &&
    isLogName(log) &&
    decisionId.length >= 1 &&
    decisionId.length <= MAX_DECISION_ID_CHARS &&
    decisionId.isWellFormed();
  return stands ? { decisionId, log } : undefined;
}
