import { DEFAULT_POLICY } from '../policy/built-in.ts';
import type { PolicyOption } from '../policy/policy.ts';
import { guardOf, type GuardOptions } from './guard.ts';
import { withoutTransport, withTransport } from './transport.ts';

/** What the AI SDK calls a language model middleware, of any of its versions: only what is sent is looked at. */
export interface GuardMiddleware {
  readonly specificationVersion: 'v3';
  /** For versions that asked under this name. */
  readonly middlewareVersion: 'v2';
  transformParams<P extends { readonly prompt: unknown }>(options: { readonly params: P }): Promise<P>;
}

/**
 * {@link guard} for models of the AI SDK: `wrapLanguageModel({ model, middleware: guardMiddleware('strict', { audit }) })`.
 * All that is sent to the model goes through it: the prompt with messages, tool calls and tool results, tools, and options
 * of the provider, but no headers. A call that is blocked rejects.
 *
 * @throws TypeError if there is no such policy or option
 */
export function guardMiddleware(policy: PolicyOption = DEFAULT_POLICY, options: GuardOptions = {}): GuardMiddleware {
  const guarded = guardOf(policy, options);
  return {
    specificationVersion: 'v3',
    middlewareVersion: 'v2',
    transformParams({ params }) {
      // What is thrown here is to reject.
      return new Promise((resolve) => {
        const looked = withoutTransport(params);
        resolve(withTransport(params, looked, guarded(looked).value) as typeof params);
      });
    },
  };
}
