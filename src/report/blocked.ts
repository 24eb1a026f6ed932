import { isBlockedMessage } from '../policy/blocked.ts';
import { at, textOf, type JsonObject } from '../json.ts';

/**
 * Whether a guard kept a call from being made, by the error of its span: that may begin before the guard looks at what is
 * to be sent.
 */
export function wasBlocked(payload: JsonObject): boolean {
  if (payload['outcome'] !== 'error') return false;
  const type = at(payload, 'error', 'type');
  // Instrumentations call an error by its code or by its name.
  return (
    type === 'BLOCKED_BY_POLICY' ||
    (type === 'SpansealError' && isBlockedMessage(textOf(at(payload, 'error', 'message'))))
  );
}
